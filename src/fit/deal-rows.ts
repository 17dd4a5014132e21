import { hash } from 'node:crypto';
import { cellAt } from '../features/column.ts';
import { featureColumns } from '../features/feature-map.ts';
import { type Dataset, notFeaturesOf } from '../ingest/dataset.ts';
import { canonicalJson } from '../model/canonical-json.ts';
import type { PartitionSettings } from '../model/settings.ts';
import { mergeSorted } from '../process/merge-sort.ts';
import { inSteps, inTurns, takingTurns } from '../process/taking-turns.ts';

/** Hashing a row, and writing a cell of it, take as long as so many multiply-adds. */
const WORK_PER_ROW = 2000;
const WORK_PER_CELL = 200;

/**
 * Deals the training rows to partitions by a hash of each row alone: a row's partition and its place in there
 * depend on no other row and not on its position (certificates.md section 5.1, which lays down the encoding).
 * Against changed labels the hash covers the features, against changed rows the features and the class.
 *
 * Returns the row numbers of each partition, in the order of their digests, equal digests by row number. Gives
 * other requests turns. Cost: one hash pass over the data and a sort.
 */
export async function dealRows(
  dataset: Dataset,
  { count, threat }: PartitionSettings,
): Promise<Int32Array[]> {
  const { labels, ...unlabelled } = dataset;
  const { data } = dataset;
  const { rows } = data;
  const labelOf = threat === 'rows' ? (row: number) => labels.classes[labels.codes[row]!]! : null;
  const encode = rowEncoding(unlabelled, labelOf);
  const cells = data.kind === 'table' ? data.columns.length : data.width;
  const keys = new Float64Array(rows);
  await inTurns(rows, WORK_PER_ROW + WORK_PER_CELL * cells, (from, to) => {
    for (let row = from; row < to; row++) {
      keys[row] = hash('sha256', encode(row), 'buffer').readUIntBE(0, 6);
    }
  });
  const sizes = new Int32Array(count);
  for (const key of keys) sizes[key % count]!++;
  const dealt = Array.from(sizes, (size) => new Int32Array(size));
  sizes.fill(0);
  for (let row = 0; row < rows; row++) {
    const partition = keys[row]! % count;
    dealt[partition]![sizes[partition]!++] = row;
  }
  const isBefore = (a: number, b: number) => keys[a]! < keys[b]! || (keys[a] === keys[b] && a < b);
  const sorted: Int32Array[] = [];
  const turn = takingTurns();
  for (const numbers of dealt) sorted.push(await inSteps(mergeSorted(numbers, isBefore), turn));
  return sorted;
}

/**
 * How a row becomes what is hashed (a text stands for its UTF-8), with the name of its class or, where `labelOf` is
 * null, without.
 */
function rowEncoding(
  { data, ...dataset }: Omit<Dataset, 'labels'>,
  labelOf: ((row: number) => string) | null,
): (row: number) => Uint8Array | string {
  if (data.kind === 'vectors') {
    const { values, width } = data;
    return (row) => {
      const vector = values.slice(row * width, (row + 1) * width).map((value) => value + 0); // -0 becomes 0
      return Buffer.concat([new Uint8Array(vector.buffer), Buffer.from(labelOf?.(row) ?? '')]);
    };
  }
  const columns = featureColumns(data, notFeaturesOf(dataset));
  return (row) => {
    const features = Object.fromEntries(columns.map((column) => [column.name, cellAt(column, row)]));
    return canonicalJson(labelOf === null ? features : { features, label: labelOf(row) });
  };
}

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dealRows } from '../../src/fit/deal-rows.ts';
import type { Dataset } from '../../src/ingest/dataset.ts';
import { datasetFromRows } from '../../src/ingest/json.ts';
import { datasetOf, vectorsOf } from '../support/models/registry.ts';
import { LIMITS } from '../support/models/settings.ts';
import { columnNames, type PlainTable, rowsOf, tablesArbitrary, typesOf } from '../support/models/tables.ts';

const CLASSES = ['class 0', 'class 1', 'class 2'];
const declared = (table: PlainTable) => datasetOf(table, { columnTypes: typesOf(table) });

/** certificates.md section 5.1, written down once more: the number of the digest, for a text or bytes. */
function keyOf(content: string | Uint8Array): number {
  return Number.parseInt(createHash('sha256').update(content).digest('hex').slice(0, 12), 16);
}

/** Row numbers by partition, from keys computed one by one. */
function dealtBy(keys: readonly number[], count: number): number[][] {
  const order = keys.map((_, row) => row).sort((a, b) => keys[a]! - keys[b]! || a - b);
  return Array.from({ length: count }, (_, p) => order.filter((row) => keys[row]! % count === p));
}

const dealt = async (dataset: Dataset, count: number, threat: 'labels' | 'rows') =>
  (await dealRows(dataset, { count, threat })).map((rows) => Array.from(rows));

/** The features of a row as JSON with sorted keys; the arbitrary tables name their columns in sorted order. */
function jsonOf(table: PlainTable, row: number): string {
  return JSON.stringify(Object.fromEntries(table.columns.map(({ name, cells }) => [name, cells[row]!])));
}

describe('dealRows', () => {
  it('deals the rows of a table as documented', async () => {
    await fc.assert(
      fc.asyncProperty(tablesArbitrary, fc.integer({ min: 1, max: 9 }), async (table, count) => {
        const dataset = await declared(table);
        const features = table.labels.map((_, row) => jsonOf(table, row));
        const labelled = table.labels.map((label, row) => `{"features":${features[row]},"label":"${label}"}`);
        expect(await dealt(dataset, count, 'labels')).toEqual(dealtBy(features.map(keyOf), count));
        expect(await dealt(dataset, count, 'rows')).toEqual(dealtBy(labelled.map(keyOf), count));
      }),
      { seed: 5401, numRuns: 80 },
    );
  });

  it('deals ready-made features as documented', async () => {
    const features = [
      [0.1, 2],
      [-3, 1e-9],
      [5, 5],
      [0, 1],
    ];
    const labels = ['class 0', 'class 1', 'class 0', 'class 1'];
    const bytes = features.map((vector) => {
      const view = new DataView(new ArrayBuffer(8));
      for (const [k, value] of vector.entries()) view.setFloat32(4 * k, value, true);
      return new Uint8Array(view.buffer);
    });
    const labelled = bytes.map((vector, row) => Buffer.concat([vector, Buffer.from(labels[row]!)]));
    const dataset = await vectorsOf(features, labels);
    expect(await dealt(dataset, 3, 'labels')).toEqual(dealtBy(bytes.map(keyOf), 3));
    expect(await dealt(dataset, 3, 'rows')).toEqual(dealtBy(labelled.map(keyOf), 3));
  });

  it('gives known partitions, so that a change of the encoding does not pass unnoticed', async () => {
    const table: PlainTable = {
      columns: [
        { name: 'job', type: 'category', cells: ['cook', 'é', null] },
        { name: 'income', type: 'number', cells: [1200.5, null, -0] },
        { name: 'owner', type: 'boolean', cells: [true, false, null] },
      ],
      labels: ['good', 'bad', 'bad'],
    };
    const texts = [
      '{"features":{"income":1200.5,"job":"cook","owner":true},"label":"good"}',
      '{"features":{"income":null,"job":"é","owner":false},"label":"bad"}',
      '{"features":{"income":0,"job":null,"owner":null},"label":"bad"}',
    ];
    expect(await dealt(await declared(table), 1000, 'rows')).toEqual(dealtBy(texts.map(keyOf), 1000));
    // int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], 'big') % 1000, in Python
    expect(texts.map((text) => keyOf(text) % 1000)).toEqual([705, 128, 256]);
  });

  it('deals a row by itself: not by its position, its company, the order of columns, or ignored columns', async () => {
    await fc.assert(
      fc.asyncProperty(tablesArbitrary, fc.constantFrom('labels', 'rows'), async (table, threat) => {
        const names = columnNames(table);
        const partitionOf = async (rows: unknown[][], order: readonly string[]) => {
          const reordered = rows.map((row) => order.map((name) => row[names.indexOf(name)] ?? null));
          const options = { target: 'outcome', columnTypes: typesOf(table), ignore: ['note'] };
          const columns = [...order, 'note'];
          const noted = reordered.map((row, at) => [...row, `note ${at}`]);
          const dataset = await datasetFromRows(columns, noted, options, LIMITS);
          const partitions = await dealt(dataset, 7, threat);
          return rows.map((_, row) => partitions.findIndex((numbers) => numbers.includes(row)));
        };
        const rows = rowsOf(table);
        const all = await partitionOf(rows, names);
        expect(await partitionOf(rows.toReversed(), names.toReversed())).toEqual(all.toReversed());
        const without = rows.slice(0, -1);
        if (new Set(without.map((row) => row.at(-1))).size > 1) {
          expect(await partitionOf(without, names)).toEqual(all.slice(0, -1));
        }
      }),
      { seed: 5402, numRuns: 60 },
    );
  });

  it('looks at the labels only against changed rows', async () => {
    const features = Array.from({ length: 40 }, (_, row) => [row, row * row]);
    const labels = features.map((_, row) => CLASSES[row % 3]!);
    const turned = features.map((_, row) => CLASSES[(row + 1) % 3]!);
    const [one, two] = [await vectorsOf(features, labels), await vectorsOf(features, turned)];
    expect(await dealt(one, 10, 'labels')).toEqual(await dealt(two, 10, 'labels'));
    expect(await dealt(one, 10, 'rows')).not.toEqual(await dealt(two, 10, 'rows'));
  });

  it('deals -0 as 0, and a number otherwise than its text', async () => {
    const twice = (cells: [number | string, number | string], type: 'number' | 'category'): PlainTable => ({
      columns: [{ name: 'a', type, cells }],
      labels: ['x', 'y'],
    });
    const partition = async (table: PlainTable) => {
      const partitions = await dealt(await declared(table), 1000, 'labels');
      return [0, 1].map((row) => partitions.findIndex((rows) => rows.includes(row)));
    };
    const [zero, minusZero] = await partition(twice([0, -0], 'number'));
    expect(minusZero).toBe(zero);
    const [number] = await partition(twice([4, 5], 'number'));
    const [text] = await partition(twice(['4', '5'], 'category'));
    expect(text).not.toBe(number);
    const vectors = await dealt(await vectorsOf([[0], [-0], [1]], ['x', 'y', 'x']), 1000, 'labels');
    expect(vectors.filter((rows) => rows.length === 2)).toEqual([[0, 1]]);
  });

  it('spreads rows evenly: each of 10 partitions gets about a tenth of 5,000', async () => {
    const features = Array.from({ length: 5000 }, (_, row) => [row]);
    const dataset = await vectorsOf(
      features,
      features.map((_, row) => `class ${row % 2}`),
    );
    for (const rows of await dealt(dataset, 10, 'labels')) {
      expect(Math.abs(rows.length - 500)).toBeLessThan(5 * Math.sqrt(500 * 0.9));
    }
  });
});

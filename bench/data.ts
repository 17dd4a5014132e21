import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { SeededRandom } from '../src/kernel/seeded-random.ts';

/** The folder with the real data sets: SURETY_DATA, by default ../shared/data beside the project. */
export const DATA = process.env.SURETY_DATA ?? join(import.meta.dirname, '../../shared/data');

/** Whether the data sets are there, and what to say where they are not. */
export const hasData = existsSync(join(DATA, 'german-credit.csv'));
export const NO_DATA = `no data sets in ${process.env.SURETY_DATA ?? '../shared/data'}; set SURETY_DATA`;

/** Images of digits: rows of pixels / 255 in single precision; labels count the digits asked for from 0. */
export interface Images {
  readonly width: number;
  readonly training: Float32Array;
  readonly trainingLabels: Int32Array;
  readonly test: Float32Array;
  readonly testLabels: Int32Array;
}

/** MNIST digits 1 (class 0) against 7 (class 1): 13,007 training rows, 2,163 test rows, 784 pixels. */
export function mnist17(): Images {
  return mnist([1, 7]);
}

/** MNIST, the images of these digits. All ten: 60,000 training rows, 10,000 test rows, 784 pixels. */
export function mnist(digits: readonly number[]): Images {
  const training = images('train', digits);
  const test = images('t10k', digits);
  return {
    width: training.width,
    training: training.features,
    trainingLabels: training.labels,
    test: test.features,
    testLabels: test.labels,
  };
}

function images(stem: string, digits: readonly number[]) {
  const pixels = idx(`${stem}-images-idx3-ubyte.gz`, 16);
  const labels = idx(`${stem}-labels-idx1-ubyte.gz`, 8);
  const width = 28 * 28;
  const kept = [...labels.keys()].filter((row) => digits.includes(labels[row]!));
  const features = new Float32Array(kept.length * width);
  for (const [to, from] of kept.entries()) {
    for (let k = 0; k < width; k++) features[to * width + k] = pixels[from * width + k]! / 255;
  }
  return { width, features, labels: Int32Array.from(kept, (row) => digits.indexOf(labels[row]!)) };
}

/** The bytes of an IDX file behind its header. */
function idx(file: string, header: number): Uint8Array {
  return gunzipSync(readFileSync(join(DATA, 'mnist', file))).subarray(header);
}

/** A record of a table: its cells by column, the target among them. */
export type TableRecord = Record<string, string | number>;

export interface SplitTable {
  readonly target: string;
  readonly training: readonly TableRecord[];
  readonly test: readonly TableRecord[];
}

/** The German credit data: 1,000 applicants, 20 columns, target credit_risk. */
export const germanCredit = () => splitTable('german-credit.csv', 'credit_risk');

/** COMPAS: 6,172 defendants, 8 columns, target two_year_recid. */
export const compas = () => splitTable('compas-two-years.csv', 'two_year_recid');

/** Four fifths of the rows to train on, the others to test on, in an order drawn from a fixed seed. */
function splitTable(file: string, target: string): SplitTable {
  const records: Record<string, string>[] = parse(readFileSync(join(DATA, file)), { columns: true });
  const columns = Object.keys(records[0]!);
  const numbers = columns.filter((name) =>
    records.every((record) => record[name]! !== '' && !Number.isNaN(Number(record[name]))),
  );
  const typed = records.map((record) =>
    Object.fromEntries(
      columns.map((name) => [name, numbers.includes(name) ? Number(record[name]) : record[name]!]),
    ),
  );
  const random = new SeededRandom(1);
  for (let last = typed.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [typed[last], typed[other]] = [typed[other]!, typed[last]!];
  }
  const cut = Math.floor(0.8 * typed.length);
  return { target, training: typed.slice(0, cut), test: typed.slice(cut) };
}

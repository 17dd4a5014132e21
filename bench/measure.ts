import { type CertifiedRows, certifiedAccuracy, median, WRONG } from '../src/certify/certified-accuracy.ts';
import type { CertificateResult } from '../src/models/certified.ts';
import { type CertifyOptions, certifyEach } from '../src/models/certify-instances.ts';
import type { Model } from '../src/models/model.ts';
import type { TestSet } from '../src/models/test-set.ts';

/** A test row's certificate; null where its prediction is wrong or withheld. */
export type Row = CertificateResult | null;

/** Certifies every row of a test set, and how long that took. */
export async function certifyRows(
  model: Model,
  { instances, labels }: TestSet,
  options: CertifyOptions,
): Promise<{ rows: Row[]; seconds: number }> {
  const started = performance.now();
  const rows: Row[] = [];
  for await (const result of certifyEach(model, instances, options, new AbortController().signal)) {
    if ('error' in result) throw new Error(`row ${rows.length}: ${result.error.detail}`);
    rows.push(result.prediction === labels[rows.length] ? result.certificate : null);
  }
  return { rows, seconds: (performance.now() - started) / 1000 };
}

/** What the certificates count, by default `flips`, a number a row. */
export function flipsIn(rows: readonly Row[], counted = 'flips'): CertifiedRows {
  return Int32Array.from(rows, (row) => (row === null ? WRONG : Number(Object(row)[counted])));
}

export const PERCENTS = [2, 4, 8, 16];

/** Clean accuracy, certified accuracy at 2, 4, 8 and 16 % of the training rows, median flips. */
export function summary(flips: CertifiedRows, trainingRows: number): number[] {
  const certified = PERCENTS.map((percent) => certifiedAccuracy(flips, (percent / 100) * trainingRows));
  return [certifiedAccuracy(flips, 0), ...certified, median(flips)];
}

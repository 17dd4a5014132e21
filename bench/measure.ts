import { type CertifiedRows, certifiedAccuracy, median, WRONG } from '../src/certify/certified-accuracy.ts';
import type { TestSet } from '../src/evaluate/test-set.ts';
import type { Model } from '../src/model/model.ts';
import type { CertificateResult } from '../src/verdict/certified-prediction.ts';
import type { CertifyOptions } from '../src/verdict/certifier.ts';
import { certifyEach } from '../src/workers/certify-each.ts';
import type { Workers } from '../src/workers/workers.ts';

/** A test row's certificate; null where its prediction is wrong or withheld. */
export type Row = CertificateResult | null;

export interface Measured {
  readonly rows: readonly Row[];
  /** Share of the test rows that got the answer given most often. */
  readonly mostGiven: number;
  readonly seconds: number;
}

/** Certifies every row of a test set. */
export async function certifyRows(
  workers: Workers,
  model: Model,
  { instances, labels }: TestSet,
  options: CertifyOptions,
): Promise<Measured> {
  const started = performance.now();
  const rows: Row[] = [];
  const given = new Map<string | null, number>();
  for await (const result of certifyEach(workers, model, instances, options, {
    signal: new AbortController().signal,
  })) {
    if ('error' in result) throw new Error(`row ${rows.length}: ${result.error.detail}`);
    const { prediction, certificate } = result;
    rows.push(prediction === labels[rows.length] ? certificate : null);
    given.set(prediction, (given.get(prediction) ?? 0) + 1);
  }
  const seconds = (performance.now() - started) / 1000;
  return { rows, mostGiven: Math.max(...given.values()) / rows.length, seconds };
}

/** What the certificates count, by default `flips`, a number a row. Throws where a certificate has no such count. */
export function flipsIn(rows: readonly Row[], counted = 'flips'): CertifiedRows {
  return Int32Array.from(rows, (row) => {
    if (row === null) return WRONG;
    const count = new Map<string, unknown>(Object.entries(row)).get(counted);
    if (!Number.isInteger(count)) throw new Error(`there is no ${counted} in the certificate`);
    return Number(count);
  });
}

/** Clean accuracy, certified accuracy at these percents of the training rows, median flips. */
export function summary(flips: CertifiedRows, trainingRows: number, percents: readonly number[]): number[] {
  const certified = percents.map((percent) => certifiedAccuracy(flips, (percent / 100) * trainingRows));
  return [certifiedAccuracy(flips, 0), ...certified, median(flips)];
}

import type { Model } from '../model/model.ts';
import type { CertifyOptions } from '../verdict/certifier.ts';

/** Multiply-adds that take about as long as the certificate of one row against one rival, or a sampled label. */
const EXACT = 8;
const SMOOTHED = 60;
const SAMPLE = 0.5;

/** Predictions for a counterfactual, for each rival, at most. */
const TRIALS = 64;

/** A model's pass over the rows is worth splitting among threads from so many multiply-adds on: some half a millisecond. */
const WORTH_SPLITTING = 2e6;

/** About how many multiply-adds one instance takes. */
export function costOfCertifying(
  { ridge, labels, classes, ensemble }: Model,
  options: CertifyOptions,
): number {
  const { method, monteCarlo, explain = {} } = options;
  const rows = labels.length;
  const columns = ridge.means.length;
  const pass = rows * columns + columns ** 2;
  const contests = rows * (classes.length - 1);
  if (method === 'partition') return 2 * pass + (EXACT * contests * (ensemble?.members.length ?? 1)) / 4;
  if (method === 'monte-carlo') return pass + SAMPLE * rows * (monteCarlo?.samples ?? 0);
  if (method === 'smoothed') return pass + SMOOTHED * contests;
  const coefficients = explain.radius || explain.reasons || explain.invariantTo ? pass : 0;
  const trials = explain.invariantTo ? TRIALS * (classes.length - 1) * pass : 0;
  return pass + coefficients + trials + EXACT * contests;
}

/** Whether one instance of a request can be shared by several threads, and is worth it. */
export function canBeSplit({ ridge, labels }: Model, { method, explain }: CertifyOptions): boolean {
  const pass = labels.length * ridge.means.length;
  return pass >= WORTH_SPLITTING && method !== 'partition' && explain?.invariantTo === undefined;
}

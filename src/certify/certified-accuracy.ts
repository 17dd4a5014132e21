/**
 * A test set after certification, one number a row: the flips that its correct prediction is certified for, or WRONG
 * where the prediction is wrong or withheld. certificates.md section 8.
 */
export type CertifiedRows = Int32Array;

/** Stands below every certificate, so that no share counts it and a median takes it for the least. */
export const WRONG = -1;

/** A share of the test rows at a number of flips. */
export interface CurvePoint {
  readonly flips: number;
  readonly share: number;
}

/** Steps of a curve: fine enough for a figure, few enough for an answer. */
const STEPS = 200;

/** Median, for an even count the mean of the two in the middle. Assumes at least one row. Cost: O(m log m). */
export function median(rows: CertifiedRows): number {
  const sorted = rows.toSorted();
  return (sorted[(sorted.length - 1) >>> 1]! + sorted[sorted.length >>> 1]!) / 2;
}

/**
 * Certified accuracy at so many flips: the share of the rows that are predicted correctly and certified for at least
 * so many. Cost: O(m).
 */
export function certifiedAccuracy(rows: CertifiedRows, flips: number): number {
  let certified = 0;
  for (const own of rows) if (own >= flips) certified++;
  return certified / rows.length;
}

/**
 * Certified accuracy at evenly spaced numbers of flips from 0 to one past the largest certificate, where it is 0; at
 * every number where there are at most 200. Each value is exact. Cost: O(m log m).
 */
export function certifiedAccuracyCurve(rows: CertifiedRows): CurvePoint[] {
  const sorted = rows.toSorted();
  const end = sorted.at(-1)! + 1;
  const step = Math.max(1, Math.ceil(end / STEPS));
  const curve: CurvePoint[] = [];
  let below = 0;
  for (let k = 0; k * step < end + step; k++) {
    const flips = Math.min(k * step, end);
    while (below < sorted.length && sorted[below]! < flips) below++;
    curve.push({ flips, share: (sorted.length - below) / sorted.length });
  }
  return curve;
}

/**
 * The flips that a certificate needs to cover so many percent of the training rows: the smallest integer not below
 * percent/100 n. The product is exact, and a quotient that is no integer is not rounded to one below 2^46.
 */
export function flipsOfPercent(percent: number, trainingRows: number): number {
  return Math.ceil((percent * trainingRows) / 100);
}

/**
 * The most flips that any learner could certify for a prediction of `predicted`, if it treats classes alike when they
 * are renamed: ceil((n_c + n_j)/2) - 1, the least over the rivals j. certificates.md section 8. A tie that goes to the
 * earlier class is the one thing in which ours does not. `counts`: training rows of each class.
 */
export function classSwapCeiling(counts: readonly number[], predicted: number): number {
  const rivals = counts.filter((_, label) => label !== predicted);
  return Math.ceil((counts[predicted]! + Math.min(...rivals)) / 2) - 1;
}

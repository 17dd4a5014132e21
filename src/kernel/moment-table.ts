import type { MomentCoefficients } from './reference/log-moments.ts';

/** Doubles for one label and one sign of alpha: the high, middle and low coefficient, and a gap that is never read. */
const ENTRY = 4;

/** Doubles that the larger of the two tables below takes. */
export function momentTableLength(classes: number): number {
  return 2 * classes * 2 * ENTRY;
}

/**
 * Lays the coefficients out as assembly/log-moments reads them: an entry a label, by the term that grows (high) and
 * the one that shrinks (low) where alpha > 0, then the same for the other rows.
 */
export function fillMomentTable(table: Float64Array, coefficients: MomentCoefficients): void {
  const classes = coefficients.level.length;
  for (let label = 0; label < classes; label++) {
    fillEntry(table, label, coefficients, label, true);
    fillEntry(table, classes + label, coefficients, label, false);
  }
}

/** As assembly/log-moment-gains reads them: the same, each entry followed by that of the label's target. */
export function fillMomentPairs(
  table: Float64Array,
  coefficients: MomentCoefficients,
  targetIfPositive: Int32Array,
  targetIfNegative: Int32Array,
): void {
  const classes = coefficients.level.length;
  for (let label = 0; label < classes; label++) {
    fillEntry(table, 2 * label, coefficients, label, true);
    fillEntry(table, 2 * label + 1, coefficients, targetIfPositive[label]!, true);
    fillEntry(table, 2 * (classes + label), coefficients, label, false);
    fillEntry(table, 2 * (classes + label) + 1, coefficients, targetIfNegative[label]!, false);
  }
}

function fillEntry(
  table: Float64Array,
  entry: number,
  { falling, rising, level }: MomentCoefficients,
  label: number,
  positive: boolean,
): void {
  table[ENTRY * entry] = positive ? rising[label]! : falling[label]!;
  table[ENTRY * entry + 1] = level[label]!;
  table[ENTRY * entry + 2] = positive ? falling[label]! : rising[label]!;
}

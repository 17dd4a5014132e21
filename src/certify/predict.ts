import { ExactSum } from '../kernel/exact-sum.ts';
import { summationError } from '../kernel/rounding.ts';
import { type Contest, contest, type DecisionRule } from './contest.ts';

/** The scores of one query, as `kernel/class-sums` computes them. */
export interface Scores {
  readonly sums: Float64Array;
  readonly magnitudes: Float64Array;
}

/**
 * The class that the linear classifier predicts, decided as if the class scores had been summed in exact
 * arithmetic: a floating-point lead beyond its error bound decides, anything closer is summed exactly.
 *
 * So a prediction depends on the contributions alone, not on their order. certificates.md sections 1 and 9.
 * Assumes finite scores. Cost: O(K), plus O(n) for each near-tie.
 */
export function predict(alpha: Float64Array, labels: Int32Array, scores: Scores, rule: DecisionRule): number {
  const classes = scores.sums.length;
  if (rule.kind === 'threshold') {
    const other = 1 - rule.positive;
    return stands(alpha, labels, scores, contest(rule.positive, other, classes, rule))
      ? rule.positive
      : other;
  }
  let best = 0;
  for (let rival = 1; rival < classes; rival++) {
    if (!stands(alpha, labels, scores, contest(best, rival, classes, rule))) best = rival;
  }
  return best;
}

/**
 * The lead D of a contest in floating point, and a bound on its rounding error. Throws a RangeError when it
 * is not finite: NaN and overflow must never become a prediction or a certificate.
 */
export function lead(scores: Scores, rows: number, match: Contest): { value: number; error: number } {
  let value = match.constant;
  let magnitude = Math.abs(match.constant);
  for (let label = 0; label < match.weights.length; label++) {
    const weight = match.weights[label]!;
    if (weight === 0) continue;
    value += weight * scores.sums[label]!;
    magnitude += scores.magnitudes[label]!;
  }
  const error = summationError(rows + match.weights.length + 1, magnitude);
  if (!Number.isFinite(value) || !Number.isFinite(error))
    throw new RangeError('lead: expected finite scores');
  return { value, error };
}

/** The lead D of a contest as an exact sum, to which a caller may add more. Cost: O(n). */
export function exactLead(alpha: Float64Array, labels: Int32Array, match: Contest): ExactSum {
  const sum = new ExactSum();
  sum.add(match.constant);
  for (let row = 0; row < alpha.length; row++) {
    const weight = match.weights[labels[row]!]!;
    if (weight !== 0) sum.add(weight * alpha[row]!);
  }
  return sum;
}

function stands(alpha: Float64Array, labels: Int32Array, scores: Scores, match: Contest): boolean {
  const { value, error } = lead(scores, alpha.length, match);
  if (value > error) return true;
  if (value < -error) return false;
  const sign = exactLead(alpha, labels, match).sign();
  return match.strict ? sign > 0 : sign >= 0;
}

import { summationError } from '../kernel/rounding.ts';
import { type AffineLead, type AffineScores, affineLead, leadAt } from './affine.ts';
import { contestsFor, type DecisionRule } from './contest.ts';

/** How far the query may move in feature space; Infinity when no distance turns the prediction. */
export interface Radius {
  readonly l2: number;
  readonly linf: number;
  /** Whether the prediction at the query itself is proven: else nothing is known of how far it may move, and both are 0. */
  readonly proven: boolean;
}

/**
 * Largest radius around the query h in which an affine classifier predicts the same, in the Euclidean and in the
 * maximum norm: the distance to the nearest of the hyperplanes lead_j = 0, which is lead_j(h) / ||slope_j|| in the dual
 * norm (Hoelder's inequality, with equality in the worst direction). certificates.md section 6.
 *
 * Guarantee: rounded down, leads at their lower and norms at their upper end, so that it holds for what is served: what
 * the served lead may be short of the affine one grows by `perDistance` for each unit of a distance of its own, which adds to
 * the slope. 0 when the
 * scores given do not prove that h itself is predicted `predicted`. Cost: O(K d).
 */
export function radius(scores: AffineScores, h: Float32Array, predicted: number, rule: DecisionRule): Radius {
  const least = { l2: Number.POSITIVE_INFINITY, linf: Number.POSITIVE_INFINITY, proven: true };
  for (const match of contestsFor(predicted, scores.intercepts.length, rule)) {
    const lead = affineLead(scores, match);
    if (neverTurns(lead)) continue;
    const { value, error } = leadAt(lead, h);
    least.proven &&= value - error > 0;
    // What a unit of either norm is at most in the distance of what is served.
    const { perDistance, scales } = lead.servedWithin;
    const ofL2 = scales === null ? 1 : scales.reduce((a, b) => Math.max(a, b), 0);
    const ofLinf = scales === null ? Math.sqrt(h.length) : euclideanNormAbove(scales);
    const [slopeL2, slopeLinf] = [euclideanNormAbove(lead.slope), sumNormAbove(lead.slope)];
    least.l2 = Math.min(least.l2, quotientBelow(value - error, slopeL2 + perDistance * ofL2));
    least.linf = Math.min(least.linf, quotientBelow(value - error, slopeLinf + perDistance * ofLinf));
  }
  return least;
}

/** A lead that no query changes, and that wins. The sign of the constant is exact. */
function neverTurns({ slope, constant, strict, servedWithin: { perDistance, fixed } }: AffineLead): boolean {
  const wins = strict || fixed > 0 ? constant > fixed : constant >= 0;
  return wins && perDistance === 0 && slope.every((value) => value === 0);
}

/**
 * A lower bound of lower / norm for a value - error computed as `lower`: that subtraction, the last sum of the norm and
 * the quotient each err by u relatively, and (1 + u)^4 (1 - 2^-51) < 1, the fourth for the last product. 0 unless positive and finite; a
 * quotient that overflows is the largest double, one that underflows is 0.
 */
function quotientBelow(lower: number, norm: number): number {
  if (!(lower > 0 && norm < Number.POSITIVE_INFINITY)) return 0;
  const quotient = Math.min(lower / norm, Number.MAX_VALUE) * (1 - 2 ** -51);
  return quotient > SMALLEST_NORMAL ? quotient : 0;
}

const SMALLEST_NORMAL = 2 ** -1022;

/**
 * An upper bound of the Euclidean norm, scaled by the largest entry so that no square overflows. The entries carry
 * one rounding, the division another, the squares five in all, their sum d - 1 more; the root halves this and adds
 * two: below gamma_(d + 5), covered by `summationError` of d + 8. Squares that underflow vanish beside the 1.
 */
function euclideanNormAbove(slope: Float64Array): number {
  let largest = 0;
  for (const value of slope) largest = Math.max(largest, Math.abs(value));
  if (!(largest > 0)) return largest; // a NaN stays one
  let squares = 0;
  for (const value of slope) squares += (value / largest) ** 2;
  const norm = largest * Math.sqrt(squares);
  return norm + summationError(slope.length + 8, norm) + 2 * Number.MIN_VALUE;
}

/** An upper bound of the sum of sizes: one rounding an entry, d - 1 of the sum. */
function sumNormAbove(slope: Float64Array): number {
  let sum = 0;
  for (const value of slope) sum += Math.abs(value);
  return sum + summationError(slope.length + 4, sum) + 2 * Number.MIN_VALUE;
}

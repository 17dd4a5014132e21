import { summationError } from '../kernel/rounding.ts';
import type { Contest } from './contest.ts';

/**
 * Class scores as affine functions of the query h: s_c = intercepts[c] + theta_c . (h - means). certificates.md
 * section 6.
 */
export interface AffineScores {
  /** theta_c, K x d, row-major. */
  readonly theta: Float64Array;
  readonly intercepts: Float64Array;
  readonly means: Float64Array;
  /**
   * How far the scores that are served may be from these: fixed + perDistance[c] ||D (h - means)||_2, D the diagonal of
   * `scales` (d). Null: these are served.
   */
  readonly served: {
    readonly perDistance: Float64Array;
    readonly scales: Float64Array;
    readonly fixed: number;
  } | null;
}

/** How far a lead that is served may be from an affine one, as in `AffineScores`; without scales they are all 1. */
export interface ServedWithin {
  readonly perDistance: number;
  readonly scales: Float64Array | null;
  readonly fixed: number;
}

/** The lead in one contest as an affine function of the query: constant + slope . (h - means). */
export interface AffineLead {
  readonly slope: Float64Array;
  readonly constant: number;
  readonly means: Float64Array;
  /** As in a contest: the prediction needs a positive lead, not just one that is not negative. */
  readonly strict: boolean;
  /** How far the lead that is served may be from this one. */
  readonly servedWithin: ServedWithin;
}

/**
 * The lead of a contest, from the scores. Guarantee: slope and constant are each one subtraction away from the
 * numbers they are made of (relative error u, and the right sign). Cost: O(d).
 */
export function affineLead(scores: AffineScores, { weights, constant, strict }: Contest): AffineLead {
  const { theta, intercepts, means, served } = scores;
  const columns = means.length;
  const slope = new Float64Array(columns);
  let intercept = 0;
  let perDistance = 0;
  let fixed = 0;
  for (let label = 0; label < weights.length; label++) {
    const weight = weights[label]!;
    if (weight === 0) continue; // at most two are not 0: under a threshold one and the constant, else two and none
    intercept += weight * intercepts[label]!;
    perDistance += served?.perDistance[label] ?? 0;
    fixed += served?.fixed ?? 0;
    for (let k = 0; k < columns; k++) slope[k] = slope[k]! + weight * theta[label * columns + k]!;
  }
  const servedWithin = { perDistance, scales: served?.scales ?? null, fixed };
  return { slope, constant: constant + intercept, means, strict, servedWithin };
}

/**
 * The lead at h and a bound on its error, against the real-number value for the scores given and against what is served.
 *
 * Each term slope_k (h_k - mean_k) carries three roundings (slope, difference, product) and the constant one; d + 1
 * terms are summed. So the error is at most gamma_(d+3) sum|terms| (Higham 2002, section 3.1), which `summationError`
 * of d + 6 terms covers twice, and the underflow of d products, each at most half the smallest subnormal, and of the
 * bound itself. Cost: O(d).
 */
export function leadAt(lead: AffineLead, h: Float32Array): { value: number; error: number } {
  const { slope, means } = lead;
  let distance = 0;
  let value = lead.constant;
  let magnitude = Math.abs(value);
  for (let k = 0; k < slope.length; k++) {
    const difference = h[k]! - means[k]!;
    const term = slope[k]! * difference;
    distance += (difference * scaleOf(lead, k)) ** 2;
    value += term;
    magnitude += Math.abs(term);
  }
  return { value, error: affineLeadError(lead, slope.length, magnitude, Math.sqrt(distance)) };
}

/** The unit in which feature k's part of a distance is measured. */
export function scaleOf({ servedWithin: { scales } }: AffineLead, k: number): number {
  return scales === null ? 1 : scales[k]!;
}

/**
 * Error bound of a lead over `columns` features whose terms' sizes add up to `magnitude`, at most `distance` from the
 * means: see `leadAt`. The bound on what is served has room for the rounding of the distance.
 */
export function affineLeadError(
  { servedWithin: { perDistance, fixed } }: AffineLead,
  columns: number,
  magnitude: number,
  distance: number,
): number {
  const served = distance > 0 ? perDistance * distance : 0; // not infinity times 0
  return summationError(columns + 6, magnitude) + (columns + 1) * Number.MIN_VALUE + fixed + served;
}

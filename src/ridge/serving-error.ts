import { euclideanNorm } from '../kernel/euclidean-norm.ts';
import { summationError } from '../kernel/rounding.ts';
import type { Ridge } from './ridge.ts';

/**
 * How far the score of a class that is served, the real-number sum of its contributions as computed, may be from the
 * affine one, intercepts[c] + theta_c . (h - means): at most fixed + perDistance[c] ||h - means||_2.
 */
export interface ServingError {
  /** One a class; Infinity where lambda is too small beside the features for any bound. */
  readonly perDistance: Float64Array;
  readonly fixed: number;
}

/**
 * Bounds the rounding of the two ways to a score: u = M^-1 h and then contributions, or theta_c = M^-1 r_c, r_c the sum
 * of the centred rows of the class. `sizes` are the column sums of |x_ik| + |means_k| (d), size their Euclidean
 * norm; `lambda` is the absolute one. certificates.md section 6. Cost: O(d^2 + K d).
 *
 * M is the product L L' of the stored factor, t = ||L||_F^2 its trace. With h, u and theta_c centred and as computed:
 *
 * - A solution has (M + E) u = h, ||E|| <= S = 2 gamma_(d+2) t (Higham 2002, theorem 8.5, for two triangles).
 * - The eigenvalues of M are at least s = lambda - (gamma_(n+8) + gamma_(d+1)) t: the computed Gram matrix and the factor
 *   are off by that (section 3.5 and theorem 10.3) from a matrix without negative eigenvalues. Let S <= s/2 = e. Then
 *   ||u|| <= ||h||/e, and M^-1 r_c is at most 1.5 ||theta_c|| + R/(2 e), R = gamma_(n+1) size the error of r_c.
 * - The contributions add gamma_(d+4) size ||u||, their solve S ||M^-1 r_c|| ||u||, centring h u ||M^-1 r_c|| ||h||, which
 *   is less than a twelfth of that; theta_c differs from M^-1 r_c by (R + S ||theta_c||)/(2 e) for each unit of h.
 *
 * Together ((gamma_(d+4) + 1.1 gamma_(n+1)) size + 2.2 S ||theta_c||) / e for each unit; `summationError` doubles each
 * gamma for the second order and the rounding of this sum. Fixed: the 1/n of an intercept in as many additions, and what
 * underflows.
 */
export function servingError(
  { factor, means, rows, intercept }: Ridge,
  lambda: number,
  theta: Float64Array,
  sizes: Float64Array,
): ServingError {
  const columns = means.length;
  const size = euclideanNorm(sizes);
  const trace = euclideanNorm(factor) ** 2;
  const solve = 2 * summationError(columns + 2, trace);
  const least = (lambda - summationError(rows + columns + 9, trace)) / 2;
  const summing = summationError(2 * rows + columns + 8, size);
  const perDistance = new Float64Array(theta.length / columns);
  let largest = 0;
  for (let label = 0; label < perDistance.length; label++) {
    const norm = euclideanNorm(theta.subarray(label * columns, (label + 1) * columns));
    largest = Math.max(largest, norm);
    perDistance[label] = least >= solve ? (summing + 3 * solve * norm) / least : Number.POSITIVE_INFINITY;
  }
  const underflow =
    size > 0 ? Number.MIN_VALUE * (rows + 1) * (columns + 1) * (1 + size) * (1 + trace) * (1 + largest) : 0;
  return { perDistance, fixed: (intercept ? summationError(columns + 8, 1) : 0) + underflow };
}

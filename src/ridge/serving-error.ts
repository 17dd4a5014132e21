import { euclideanNorm } from '../kernel/euclidean-norm.ts';
import { summationError } from '../kernel/rounding.ts';
import type { Ridge } from './ridge.ts';

/**
 * How far the score of a class that is served, the real-number sum of its contributions as computed, may be from the
 * affine one, intercepts[c] + theta_c . (h - means): at most fixed + perDistance[c] ||D (h - means)||_2, D the diagonal of
 * `scales`.
 */
export interface ServingError {
  /** One a class; Infinity where the features are too nearly collinear, beside lambda, for any bound. */
  readonly perDistance: Float64Array;
  /** One a feature: the unit in which it is measured, so that a large unit (an income) does no harm to the others. */
  readonly scales: Float64Array;
  readonly fixed: number;
}

/** Features up to which the factor is inverted: a fraction of a second at most. */
const MAX_INVERTED = 1000;

/**
 * Bounds the rounding of the two ways to a score: u = M^-1 h and then contributions, or theta_c = M^-1 r_c, r_c the sum
 * of the centred rows of the class. M is the product L L' of the stored factor, whatever it was made from. `sizes` are the
 * column sums of |x_ik| + |means_k| (d); `lambda` is the absolute one. certificates.md section 6. Cost: O(d^3) up to 1000
 * features, else O(d^2 + K d).
 *
 * In units D = diag(1 / ||l_k||), l_k the rows of L, so that D M D has a diagonal of ones (van der Sluis; Higham 2002,
 * section 10.1, on why Cholesky's error follows the condition of that matrix and not of M). With h, u and theta_c centred
 * and as computed, v = ||(D M D)^-1|| at most, and sigma = ||D sizes||:
 *
 * - Both solutions are exact for M + E, |E| <= gamma_2d |L||L'| (theorem 8.5, for two triangles), so ||D E D|| <= e =
 *   gamma_2d d. Let e v <= 1/2: then ||D^-1 u|| <= 2 v ||D h||.
 * - r_c as computed is off by gamma_(n+1) sizes, so that theta_c . h - r_c . u = theta_c (E - E') u + (r_c as computed - r_c) . u
 *   is at most (2 e ||D^-1 theta_c|| + gamma_(n+1) sigma) ||D^-1 u||; centring h adds less than another e ||D^-1 theta_c||, since 2 v >= 1:
 *   D M D has a diagonal of ones, so that v >= 1; without scales e v >= 2 d^2 u (its trace is at least d lambda).
 * - The contributions add gamma_(d+4) sizes . |u| <= gamma_(d+4) sigma ||D^-1 u||.
 *
 * Together 2 v (3 e ||D^-1 theta_c|| + gamma_(n+d+5) sigma) a unit of ||D h||; `summationError` doubles each gamma for the second
 * order, for the rounding of D, of which any would do, and for that of this sum. Fixed: the 1/n of an intercept in as many
 * additions, and what underflows; what underflows in theta_c times h is less, |h| being below 2^128 in single precision.
 */
export function servingError(
  { factor, means, rows, intercept }: Ridge,
  lambda: number,
  theta: Float64Array,
  sizes: Float64Array,
): ServingError {
  const columns = means.length;
  const { scales, solve, inverse } =
    columns <= MAX_INVERTED ? rowScaled(factor, columns) : unscaled(factor, columns, rows, lambda);
  const sigma = euclideanNorm(sizes.map((size, k) => size * scales[k]!));
  const summing = summationError(rows + columns + 8, sigma);
  const perDistance = new Float64Array(theta.length / columns);
  let largest = 0;
  for (let label = 0; label < perDistance.length; label++) {
    const own = theta.subarray(label * columns, (label + 1) * columns);
    const norm = euclideanNorm(own.map((value, k) => value / scales[k]!));
    largest = Math.max(largest, norm);
    perDistance[label] =
      solve * inverse <= 0.5 ? 2 * inverse * (3 * solve * norm + summing) : Number.POSITIVE_INFINITY;
  }
  const products =
    (1 + euclideanNorm(sizes)) * (1 + euclideanNorm(factor) ** 2) * (1 + largest) * (1 + inverse);
  const underflow = sigma > 0 ? Number.MIN_VALUE * (rows + 1) * (columns + 1) * products : 0;
  return { perDistance, scales, fixed: (intercept ? summationError(columns + 8, 1) : 0) + underflow };
}

/** Units, and in them bounds of ||D E D|| and ||(D M D)^-1||. */
interface Scaled {
  readonly scales: Float64Array;
  readonly solve: number;
  readonly inverse: number;
}

/**
 * D from the rows of L. The columns x_j of the inverse of D L as computed have (D L + F_j) x_j = e_j, |F_j| <= gamma_(d+1)
 * |D L|, so that its norm is at most ||X|| / (1 - r), r = gamma_(d+1) d ||X||, since ||X||_F <= sqrt(d) ||X||; Infinity unless r <= 1/2. The square of
 * that is the norm of (D M D)^-1.
 */
function rowScaled(factor: Float64Array, columns: number): Scaled {
  const scales = new Float64Array(columns);
  const scaled = factor.slice();
  for (let row = 0, from = 0; row < columns; from += ++row) {
    const own = scaled.subarray(from, from + row + 1);
    scales[row] = 1 / euclideanNorm(own);
    for (let k = 0; k <= row; k++) own[k] = own[k]! * scales[row]!;
  }
  const norm = inverseNorm(scaled, columns);
  const residual = summationError(columns + 1, columns * norm);
  const bound = residual <= 0.5 ? norm / (1 - residual) : Number.POSITIVE_INFINITY;
  return { scales, solve: summationError(2 * columns + 2, columns), inverse: bound ** 2 };
}

/**
 * An upper bound of the spectral norm of the inverse of a lower triangle, packed by rows, each column of it by forward
 * substitution: the Frobenius norm, or the geometric mean of the largest sums of sizes in a column and in a row.
 */
function inverseNorm(factor: Float64Array, columns: number): number {
  const column = new Float64Array(columns);
  const rowSums = new Float64Array(columns);
  let squares = 0;
  let largest = 0;
  for (let j = 0; j < columns; j++) {
    let sizes = 0;
    for (let row = j, from = (j * (j + 1)) / 2; row < columns; from += ++row) {
      let sum = row === j ? 1 : 0;
      for (let k = j; k < row; k++) sum -= factor[from + k]! * column[k]!;
      column[row] = sum / factor[from + row]!;
      squares += column[row]! ** 2;
      sizes += Math.abs(column[row]!);
      rowSums[row] = rowSums[row]! + Math.abs(column[row]!);
    }
    largest = Math.max(largest, sizes);
  }
  const mean = Math.sqrt(largest * rowSums.reduce((a, b) => Math.max(a, b), 0));
  return Math.min(Math.sqrt(squares), mean) * (1 + summationError(columns ** 2 + 4, 1));
}

/**
 * D = 1: ||E|| <= gamma_2d t, t = ||L||_F^2 the trace of M, whose eigenvalues are at least lambda - (gamma_(n+8) + gamma_(d+1)) t: the
 * computed Gram matrix and the factor are off by that (section 3.5 and theorem 10.3) from a matrix without negative ones.
 */
function unscaled(factor: Float64Array, columns: number, rows: number, lambda: number): Scaled {
  const trace = euclideanNorm(factor) ** 2;
  const least = lambda - summationError(rows + columns + 9, trace);
  return {
    scales: new Float64Array(columns).fill(1),
    solve: summationError(2 * columns + 2, trace),
    inverse: least > 0 ? 1 / least : Number.POSITIVE_INFINITY,
  };
}

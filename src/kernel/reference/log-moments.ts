import { expectLength } from '../expect-length.ts';
import { UNIT_ROUNDOFF } from '../rounding.ts';
import { SMALL_PRODUCT } from '../shared-constants.ts';
import { expMinus } from './exponential.ts';
import { log } from './logarithm.ts';
import { exponentOf, powerOfTwo } from './powers-of-two.ts';

/**
 * The moment generating function of one row as a function of its label: M_y(z) = falling[y] e^{-z} +
 * rising[y] e^{z} + level[y], z = t alpha. Made by certify/label-noise; each coefficient is within 4 u of its
 * value, the three of a label sum to 1, and of rising, of falling and of level either all are at least 2^-960 or all are
 * 0; level only where rising and falling are not.
 */
export interface MomentCoefficients {
  readonly falling: Float64Array;
  readonly rising: Float64Array;
  readonly level: Float64Array;
}

/** log-moment sums at one t, and a bound on the rounding error of `value`. */
export interface LogMoments {
  value: number;
  slope: number;
  curvature: number;
  error: number;
}

/** Even rows and odd rows are summed apart. */
export const LANES = 2;

/**
 * What the passes over the rows leave for `concludeLogMoments`: two doubles each, one a lane. The product of the scaled
 * moments is products * 2^exponents; `grown` sums the |z| whose factor was taken out, `sizes` all of them.
 */
export const SUMS = { products: 0, exponents: 2, grown: 4, sizes: 6, slopes: 8, curvatures: 10, length: 12 };
const scratch = new Float64Array(SUMS.length);

/**
 * L(t) = sum_i log M_{y_i}(t alpha_i) with its first two derivatives in t. certificates.md section 3.1.
 *
 * Evaluated as |z| + log(..) with e = exp(-|z|) so that nothing overflows, and as the logarithm of one product over all
 * rows: its exponent is kept apart, so it is rounded as if it had no bounds. `error` bounds |value - L(t)|.
 *
 * Derivation, u = unit roundoff. z is off by u |z|, and log M is 1-Lipschitz in z. e is within 3 u, the distant term
 * (coefficient 4 u, e^2) within 12 u, the middle one within 8 u; two sums of non-negative terms add 2 u, the flushing of
 * e < 2^-1021 at most 2^-1021 / 2^-960 < 0.01 u, the product one u: every row at most 16 u in log. The logarithm of the
 * product and that of its power of two are within 8 u of their own sizes; adding them, and then the |z|, costs 2 u of
 * their sizes and u sum |z|; summing |z| in two lanes costs (n/2 + 1) u sum |z|. The whole is doubled, which covers
 * second-order terms and the rounding of the bound.
 *
 * Assumes t >= 0 and finite alpha; NaN leads to NaN. Cost: one pass over n rows, an exp and two divisions each, no
 * allocation.
 */
export function logMoments(
  alpha: Float64Array,
  labels: Int32Array,
  coefficients: MomentCoefficients,
  t: number,
  out: LogMoments,
): void {
  expectLength('logMoments: labels', labels, alpha.length);
  for (let lane = 0; lane < LANES; lane++) sumLane(alpha, labels, coefficients, t, lane);
  concludeLogMoments(scratch, alpha.length, out);
}

function sumLane(
  alpha: Float64Array,
  labels: Int32Array,
  { falling, rising, level }: MomentCoefficients,
  t: number,
  lane: number,
): void {
  let product = 1;
  let exponent = 0;
  let grown = 0;
  let sizes = 0;
  let slope = 0;
  let curvature = 0;
  for (let row = lane; row < alpha.length; row += LANES) {
    const a = alpha[row]!;
    const label = labels[row]!;
    const distance = Math.abs(a);
    const size = t * distance;
    const decay = expMinus(size);
    // "high" belongs to e^{|z|}, "low" to e^{-|z|}. Without a high term the factor e^{|z|} is not taken out: the sum
    // could vanish.
    const high = a > 0 ? rising[label]! : falling[label]!;
    const grows = high > 0;
    const near = grows ? decay : 1;
    const low = (a > 0 ? falling[label]! : rising[label]!) * (near * decay);
    const moment = high + (level[label]! * near + low);
    product *= moment;
    if (product < SMALL_PRODUCT) {
      const octave = exponentOf(product);
      product *= powerOfTwo(-octave);
      exponent += octave;
    }
    const tilt = (distance * (high - low)) / moment;
    if (grows) grown += size;
    sizes += size;
    slope += tilt;
    curvature += (distance * distance * (high + low)) / moment - tilt * tilt;
  }
  scratch[SUMS.products + lane] = product;
  scratch[SUMS.exponents + lane] = exponent;
  scratch[SUMS.grown + lane] = grown;
  scratch[SUMS.sizes + lane] = sizes;
  scratch[SUMS.slopes + lane] = slope;
  scratch[SUMS.curvatures + lane] = curvature;
}

/** Joins the lanes, see `SUMS`, into L(t), its derivatives and its error. */
export function concludeLogMoments(sums: Float64Array, rows: number, out: LogMoments): void {
  const both = (at: number) => sums[at]! + sums[at + 1]!;
  const logProduct = log(sums[SUMS.products]! * sums[SUMS.products + 1]!);
  const logPower = both(SUMS.exponents) * Math.LN2;
  const sizes = both(SUMS.sizes);
  out.value = both(SUMS.grown) + (logPower + logProduct);
  out.slope = both(SUMS.slopes);
  out.curvature = both(SUMS.curvatures);
  const magnitude = Math.abs(logPower) + Math.abs(logProduct);
  out.error = 2 * UNIT_ROUNDOFF * (16 * rows + (rows / 2 + 4) * sizes + 11 * magnitude);
}

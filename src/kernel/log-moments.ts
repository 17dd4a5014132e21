import { UNIT_ROUNDOFF } from './rounding.ts';

/**
 * The moment generating function of one row as a function of its label: M_y(z) = falling[y] e^{-z} +
 * rising[y] e^{z} + level[y], z = t alpha. Made by certify/label-noise; each coefficient is within 4 u of its
 * value.
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

/**
 * L(t) = sum_i log M_{y_i}(t alpha_i) with its first two derivatives in t. certificates.md section 3.1.
 *
 * Evaluated as |z| + log(..) with e = exp(-|z|) so that nothing overflows. `error` bounds |value - L(t)|.
 * Derivation for one row, u = unit roundoff, assuming exp and log within one unit in the last place (2 u;
 * fdlibm, which V8 uses, promises that): |z| is off by u|z| and M's logarithm is 1-Lipschitz in z; e by 2 u,
 * e^2 by 5 u, products, sums and coefficients bring the argument of the logarithm, a sum of non-negative
 * terms, to at most 12 u relative; the logarithm adds 2 u |log|, the last addition u |log M|. With |log(..)|
 * <= |z| + |log M|: u (12 + 4|z| + 3|log M|). Adding up n rows costs another n u sum |log M|. The whole is
 * doubled, which covers second-order terms.
 *
 * Assumes t >= 0 and finite alpha. Cost: one pass over n rows, an exp and a log each, no allocation.
 */
export function logMoments(
  alpha: Float64Array,
  labels: Int32Array,
  coefficients: MomentCoefficients,
  t: number,
  out: LogMoments,
): void {
  const { falling, rising, level } = coefficients;
  const rows = alpha.length;
  let value = 0;
  let slope = 0;
  let curvature = 0;
  let magnitude = 0;
  let argument = 0;
  for (let row = 0; row < rows; row++) {
    const a = alpha[row]!;
    const label = labels[row]!;
    const z = t * a;
    const size = Math.abs(z);
    const decay = Math.exp(-size);
    // "growing" belongs to e^{|z|}, "shrinking" to e^{-|z|}
    const growing = z >= 0 ? rising[label]! : falling[label]!;
    const shrinking = z >= 0 ? falling[label]! : rising[label]!;
    const middle = level[label]!;
    // Without a growing term the factor e^{|z|} is not taken out: the sum could vanish.
    const grown = growing > 0;
    const high = grown ? growing : 0;
    const flat = grown ? middle * decay : middle;
    const low = grown ? shrinking * decay * decay : shrinking * decay;
    const moment = high + flat + low;
    const logMoment = (grown ? size : 0) + Math.log(moment);
    const tilt = ((z >= 0 ? a : -a) * (high - low)) / moment;
    value += logMoment;
    slope += tilt;
    curvature += (a * a * (high + low)) / moment - tilt * tilt;
    magnitude += Math.abs(logMoment);
    argument += size;
  }
  out.value = value;
  out.slope = slope;
  out.curvature = curvature;
  out.error = 2 * UNIT_ROUNDOFF * (12 * rows + 4 * argument + (rows + 3) * magnitude);
}

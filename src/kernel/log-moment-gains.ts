import type { MomentCoefficients } from './log-moments.ts';
import { UNIT_ROUNDOFF } from './rounding.ts';

/**
 * How much each row's worst allowed label change adds to L(t): delta_i = log M_target(z) - log M_{y_i}(z), z
 * = t alpha_i, where the target label is `targetIfPositive[y_i]` or `targetIfNegative[y_i]` by the sign of
 * alpha_i; 0 where it is the row's own label or the row is not attackable. certificates.md section 3.5.
 *
 * Writes `out` (n, no entry below 0) and returns a bound on the sum of the errors of any of its entries.
 * Derivation for one row: M of both labels share the factor e^{|z|} and its rounding; each is a sum of
 * non-negative terms within 12 u relative (see log-moments), |z| is off by u |z| and the difference of
 * logarithms is 2-Lipschitz in z, the quotient and the logarithm add u and 2 u |delta|: u (25 + 2 |z| + 2
 * |delta|), doubled for second-order terms.
 *
 * Assumes t > 0, finite alpha, and coefficients whose growing terms are positive for all labels or for none.
 * Cost: one pass over n rows, an exp and a log each, no allocation.
 */
export function logMomentGains(
  alpha: Float64Array,
  labels: Int32Array,
  coefficients: MomentCoefficients,
  targetIfPositive: Int32Array,
  targetIfNegative: Int32Array,
  attackable: Uint8Array | null,
  t: number,
  out: Float64Array,
): number {
  const { falling, rising, level } = coefficients;
  let argument = 0;
  let total = 0;
  for (let row = 0; row < alpha.length; row++) {
    const a = alpha[row]!;
    const label = labels[row]!;
    const target = a > 0 ? targetIfPositive[label]! : targetIfNegative[label]!;
    out[row] = 0;
    if (target === label || (attackable !== null && attackable[row] === 0)) continue;
    const size = Math.abs(t * a);
    const decay = Math.exp(-size);
    const growing = a >= 0 ? rising : falling;
    const shrinking = a >= 0 ? falling : rising;
    const before = scaledMoment(growing[label]!, shrinking[label]!, level[label]!, decay);
    const after = scaledMoment(growing[target]!, shrinking[target]!, level[target]!, decay);
    const gain = Math.log(after / before);
    if (gain > 0) {
      out[row] = gain;
      total += gain;
    }
    argument += size;
  }
  return 2 * UNIT_ROUNDOFF * (25 * alpha.length + 2 * argument + 2 * total);
}

/** M without its factor e^{|z|}, or M itself where nothing grows: see log-moments. */
function scaledMoment(growing: number, shrinking: number, level: number, decay: number): number {
  return growing > 0 ? growing + (level + shrinking * decay) * decay : level + shrinking * decay;
}

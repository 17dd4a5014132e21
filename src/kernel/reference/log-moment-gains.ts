import { expectLength } from '../expect-length.ts';
import { UNIT_ROUNDOFF } from '../rounding.ts';
import { expMinus } from './exponential.ts';
import { LANES, type MomentCoefficients } from './log-moments.ts';
import { log } from './logarithm.ts';

/** Where the pass leaves the sum of all |z| and that of the gains, a double a lane, for `gainError`. */
const SIZES = 0;
const TOTALS = 2;
const scratch = new Float64Array(2 * LANES);

/**
 * How much each row's worst allowed label change adds to L(t): delta_i = log M_target(z) - log M_{y_i}(z), z
 * = t alpha_i, where the target label is `targetIfPositive[y_i]` or `targetIfNegative[y_i]` by the sign of
 * alpha_i; 0 where it is the row's own label or the row is not attackable. certificates.md section 3.5.
 *
 * Writes `out` (n, no entry below 0) and returns a bound on the sum of the errors of any of its entries: see
 * `gainError`.
 *
 * Assumes t > 0, finite alpha (NaN leads to a NaN bound), and the coefficients that MomentCoefficients describes. Cost:
 * one pass over n rows, an exp, a log and two divisions each, no allocation.
 */
export function logMomentGains(
  alpha: Float64Array,
  labels: Int32Array,
  { falling, rising, level }: MomentCoefficients,
  targetIfPositive: Int32Array,
  targetIfNegative: Int32Array,
  attackable: Uint8Array | null,
  t: number,
  out: Float64Array,
): number {
  expectLength('logMomentGains: labels', labels, alpha.length);
  expectLength('logMomentGains: out', out, alpha.length);
  expectLength('logMomentGains: targets', targetIfPositive, level.length);
  expectLength('logMomentGains: targets', targetIfNegative, level.length);
  if (attackable !== null) expectLength('logMomentGains: attackable', attackable, alpha.length);
  scratch.fill(0);
  for (let row = 0; row < alpha.length; row++) {
    const a = alpha[row]!;
    const label = labels[row]!;
    const target = a > 0 ? targetIfPositive[label]! : targetIfNegative[label]!;
    const size = t * Math.abs(a);
    scratch[SIZES + (row % LANES)]! += size;
    out[row] = 0;
    if (target === label || (attackable !== null && attackable[row] === 0)) continue;
    const decay = expMinus(size);
    const highs = a > 0 ? rising : falling;
    const lows = a > 0 ? falling : rising;
    const near = highs[label]! > 0 ? decay : 1;
    const far = near * decay;
    const before = highs[label]! + (level[label]! * near + lows[label]! * far);
    const after = highs[target]! + (level[target]! * near + lows[target]! * far);
    const ratio = after / before;
    if (ratio > 1) {
      const gain = log(ratio);
      out[row] = gain;
      scratch[TOTALS + (row % LANES)]! += gain;
    }
  }
  return gainError(alpha.length, scratch);
}

/**
 * Bound on the sum of the errors of n gains, from what the pass left. For one row: M of both
 * labels share the factor e^{|z|} and its rounding; each is a sum of non-negative terms within 15 u relative (see
 * log-moments), |z| is off by u |z| and the difference of logarithms is 2-Lipschitz in z, the quotient and the
 * logarithm add u and 8 u |delta|: u (31 + 2 |z| + 8 |delta|), doubled for second-order terms and the rounding of the
 * sums.
 */
export function gainError(rows: number, sums: Float64Array): number {
  const argument = sums[SIZES]! + sums[SIZES + 1]!;
  const total = sums[TOTALS]! + sums[TOTALS + 1]!;
  return 2 * UNIT_ROUNDOFF * (31 * rows + 2 * argument + 8 * total);
}

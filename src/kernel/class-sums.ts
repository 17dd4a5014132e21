import { expectLength } from './expect-length.ts';

/**
 * Class scores s_c = sum of alpha_i over the rows with label c, and per class the sum of |alpha_i| from which
 * callers bound the rounding of s_c (`summationError`). certificates.md section 1.
 *
 * Writes `sums` and `magnitudes` (K each). Cost: one pass over n contributions, no allocation.
 */
export function classSums(
  alpha: Float64Array,
  labels: Int32Array,
  sums: Float64Array,
  magnitudes: Float64Array,
): void {
  expectLength('classSums: labels', labels, alpha.length);
  expectLength('classSums: magnitudes', magnitudes, sums.length);
  sums.fill(0);
  magnitudes.fill(0);
  for (let row = 0; row < alpha.length; row++) {
    const label = labels[row]!;
    const value = alpha[row]!;
    sums[label] = sums[label]! + value;
    magnitudes[label] = magnitudes[label]! + Math.abs(value);
  }
}

import { expectLength } from '../expect-length.ts';

/** Sums of every fourth row: additions to the same class wait for each other. */
const LANES = 4;

/**
 * Class scores s_c = sum of alpha_i over the rows with label c, and per class the sum of |alpha_i| from which
 * callers bound the rounding of s_c (`summationError`). certificates.md section 1.
 *
 * Writes `sums` and `magnitudes` (K each). The order of additions is fixed: four lanes by row mod 4, in the order of the
 * rows, then lanes 0 and 2, 1 and 3, and these two. Cost: one pass over n contributions; it allocates 8 K doubles.
 */
export function classSums(
  alpha: Float64Array,
  labels: Int32Array,
  sums: Float64Array,
  magnitudes: Float64Array,
): void {
  expectLength('classSums: labels', labels, alpha.length);
  expectLength('classSums: magnitudes', magnitudes, sums.length);
  const sumLanes = new Float64Array(LANES * sums.length);
  const magnitudeLanes = new Float64Array(LANES * sums.length);
  for (let row = 0; row < alpha.length; row++) {
    const at = LANES * labels[row]! + (row & (LANES - 1));
    const value = alpha[row]!;
    sumLanes[at] = sumLanes[at]! + value;
    magnitudeLanes[at] = magnitudeLanes[at]! + Math.abs(value);
  }
  for (let label = 0; label < sums.length; label++) {
    sums[label] = laneSum(sumLanes, label);
    magnitudes[label] = laneSum(magnitudeLanes, label);
  }
}

function laneSum(lanes: Float64Array, label: number): number {
  const at = LANES * label;
  return lanes[at]! + lanes[at + 2]! + (lanes[at + 1]! + lanes[at + 3]!);
}

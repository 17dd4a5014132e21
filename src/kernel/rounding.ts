/** Unit roundoff of double precision, 2^-53: fl(a op b) = (a op b)(1 + e) with |e| <= UNIT_ROUNDOFF. */
export const UNIT_ROUNDOFF = 2 ** -53;

/**
 * Bound on the error of a floating-point sum of `terms` doubles, added in any order, whose absolute values
 * add up to `magnitude` (as computed).
 *
 * The error is at most gamma_m |sum|_1 with gamma_m = m u / (1 - m u) and m = terms - 1 (Higham, "Accuracy
 * and Stability of Numerical Algorithms", 2nd ed., section 4.2). Doubling the first-order term covers the
 * denominator and the rounding of `magnitude` and of this product themselves while terms < 2^50.
 */
export function summationError(terms: number, magnitude: number): number {
  return 2 * terms * UNIT_ROUNDOFF * magnitude;
}

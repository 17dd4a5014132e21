import {
  E3,
  E4,
  E5,
  E6,
  E7,
  E8,
  E9,
  E10,
  E11,
  E12,
  E13,
  LN2_HIGH,
  LN2_LOW,
  LOG2_E,
  MAX_EXPONENT,
  ROUNDER,
} from '../shared-constants.ts';
import { powerOfTwo } from './powers-of-two.ts';

/**
 * e^-x for x >= 0, from additions, multiplications and powers of two alone: the same bits wherever doubles are IEEE 754.
 *
 * Guarantee: for x <= 708 within 3 u of its value, u = unit roundoff; beyond it 0, which is less than 2^-1021 too
 * small; NaN for NaN. Cost: some thirty operations.
 *
 * x = k log 2 + r with k the nearest integer, |r| < 0.3466 (= log(2)/2 and the rounding of x log2 e). k times the high
 * part of log 2 is exact; the two subtractions leave r off by 2 * 0.347 u and e^-r by 0.70 u relative. Taylor's series
 * to r^13 leaves at most 1.42 r^14/14! < 0.1 u of e^-r >= 0.707. Both sums of the polynomial have positive terms that
 * fall by a factor of 100, so they are within 2 u: the even one (< 0.506) is off by 1.02 u, r times the odd one
 * (< 0.059) by 0.18 u, their difference (< 0.565) by 1.77 u, its product with r^2 (< 0.121) by 0.35 u, r less that
 * (< 0.415) by 0.77 u, hence the last difference by 1.09 u relative before its own rounding, u. The power of two is
 * exact. In all below 2.9 u; terms in u^2 are far below the rest.
 */
export function expMinus(x: number): number {
  if (x > MAX_EXPONENT) return 0;
  const k = x * LOG2_E + ROUNDER - ROUNDER;
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  const w = r * r;
  const even = 0.5 + w * (E4 + w * (E6 + w * (E8 + w * (E10 + w * E12))));
  const odd = E3 + w * (E5 + w * (E7 + w * (E9 + w * (E11 + w * E13))));
  return (1 - (r - w * (even - r * odd))) * powerOfTwo(-k);
}

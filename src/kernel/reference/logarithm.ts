import { L3, L5, L7, L9, L11, L13, L15, L17, L19, LN2_HIGH, LN2_LOW } from '../shared-constants.ts';
import { exponentOf, powerOfTwo } from './powers-of-two.ts';

/**
 * log x for positive normal doubles, from + - * / and powers of two alone: the same bits wherever doubles are IEEE 754.
 *
 * Guarantee: within 8 u of its value, relative, u = unit roundoff; 0 only at 1; NaN for whatever is not a positive
 * number. Cost: some thirty operations, one division of them.
 *
 * x = 2^k m with m in [sqrt(1/2), sqrt(2)); f = m - 1 is exact, s = f/(2 + f), |s| < 0.1716, within 2 u. Then log m = s (2 +
 * R), R = 2 s^2/3 + 2 s^4/5 + .. < 0.0201: the series to s^19 leaves 2 s^20/21 / (1 - s^2) < 0.25 u of 2, the sum of
 * positive terms is within 12 u (s^2 is within 5 u, and each further term is 60 times smaller), that is 0.13 u of 2; so
 * s (2 + R) is within 2 + 0.4 + 1 + 1 < 5 u. With k = 0 that is all. Else |log x| > 0.3464 > |log m| 0.999: k times the
 * high part of log 2 is exact, the low part is below 2^-22, so the sum in parentheses is off by 6 u |log m| and the last
 * addition brings u |log x|: 7.1 u.
 */
export function log(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return Number.NaN;
  const octave = exponentOf(x);
  const fraction = x * powerOfTwo(-octave);
  const halved = fraction >= Math.SQRT2;
  const m = halved ? fraction / 2 : fraction;
  const k = halved ? octave + 1 : octave;
  const f = m - 1;
  const s = f / (2 + f);
  const w = s * s;
  const v = w * w;
  const even = L3 + v * (L7 + v * (L11 + v * (L15 + v * L19)));
  const odd = L5 + v * (L9 + v * (L13 + v * L17));
  const rest = w * (even + w * odd);
  return k * LN2_HIGH + (k * LN2_LOW + s * (2 + rest));
}

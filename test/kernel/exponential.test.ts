import { describe, expect, it } from 'vitest';
import { expMinus } from '../../src/kernel/reference/exponential.ts';
import { randomFrom } from '../support/brute-force/label-changes.ts';
import { expMinus as exactly, fixed, LN2 } from '../support/brute-force/logarithm.ts';

/** |computed / e^-x - 1| in units of roundoff, from 320 bits: e^-x = 2^-k e^-(x - k log 2). */
function errorAt(x: number): number {
  const k = BigInt(Math.floor(x / Math.LN2));
  const exact = exactly(fixed(x) - k * LN2);
  // scaled in two steps: 2^k may be beyond the largest double
  const computed = fixed(expMinus(x) * 2 ** Number(k / 2n) * 2 ** Number(k - k / 2n));
  const distance = computed > exact ? computed - exact : exact - computed;
  return Number((distance << 70n) / exact) * 2 ** -17;
}

describe('expMinus', () => {
  it('is within 3 u of the exponential at 96 digits', () => {
    const random = randomFrom(71);
    const points = [0, 5e-324, 2 ** -60, 2 ** -53, 1e-8, 1, 707.99, 708, 708 - 2 ** -43];
    for (let k = 1; k < 1021; k += 3) {
      // where the nearest multiple of log 2 changes, and on it
      for (const halves of [2 * k - 1, 2 * k]) {
        const x = (halves / 2) * Math.LN2;
        points.push(x, x * (1 + 2 ** -52), x * (1 - 2 ** -52));
      }
    }
    for (let i = 0; i < 1500; i++)
      points.push(random(), 10 * random(), 708 * random(), 2 ** (-60 * random()));
    let worst = { x: 0, error: 0 };
    for (const x of points) {
      const error = errorAt(x);
      if (!(error <= worst.error)) worst = { x, error };
    }
    expect(worst.error, `largest error ${worst.error} u at ${worst.x}`).toBeLessThanOrEqual(3);
    expect(worst.error).toBeGreaterThan(0.5); // otherwise nothing was measured
  });

  it('is exactly 1 at 0, 0 beyond 708, and NaN for NaN', () => {
    expect(expMinus(0)).toBe(1);
    expect(expMinus(708)).toBeGreaterThanOrEqual(2 ** -1022);
    for (const x of [708 * (1 + 2 ** -52), 1e4, 1e308, Number.POSITIVE_INFINITY]) expect(expMinus(x)).toBe(0);
    expect(expMinus(Number.NaN)).toBeNaN();
  });
});

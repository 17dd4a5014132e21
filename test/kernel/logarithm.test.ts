import { describe, expect, it } from 'vitest';
import { log } from '../../src/kernel/reference/logarithm.ts';
import { randomFrom, units } from '../support/brute-force/label-changes.ts';
import { fixed, LN2, logOfInteger } from '../support/brute-force/logarithm.ts';

/** |computed / log x - 1| in units of roundoff, from 320 bits. Not for x = 1. */
function errorAt(x: number): number {
  const exact = logOfInteger(units(x)) - 1074n * LN2;
  const distance = fixed(log(x)) - exact;
  const ratio = Number((distance << 70n) / exact) * 2 ** -17;
  return Math.abs(ratio);
}

describe('log', () => {
  it('is within 8 u of the logarithm at 96 digits', () => {
    const random = randomFrom(72);
    const points = [2 ** -1022, Number.MAX_VALUE, 2 ** 1023, 1 + 2 ** -52, 1 - 2 ** -53, 2, 0.5];
    for (const root of [Math.SQRT1_2, Math.SQRT2]) {
      for (let ulps = -2; ulps <= 2; ulps++) points.push(root * (1 + ulps * 2 ** -52));
    }
    for (let i = 0; i < 1500; i++) {
      points.push(
        2 ** (2044 * random() - 1022),
        0.5 + random(),
        1 + (random() - 0.5) * 2 ** (-50 * random()),
      );
    }
    let worst = { x: 0, error: 0 };
    for (const x of points) {
      if (x === 1) continue;
      const error = errorAt(x);
      if (!(error <= worst.error)) worst = { x, error };
    }
    expect(worst.error, `largest error ${worst.error} u at ${worst.x}`).toBeLessThanOrEqual(8);
    expect(worst.error).toBeGreaterThan(0.5); // otherwise nothing was measured
  });

  it('is 0 at 1 alone, multiples of log 2 at powers of two, and NaN for what is not a positive number', () => {
    expect(log(1)).toBe(0);
    for (const k of [-1022, -3, 1, 1023])
      expect(Math.abs(log(2 ** k) / (k * Math.LN2) - 1)).toBeLessThan(2 ** -51);
    for (const x of [0, -0, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(log(x)).toBeNaN();
    }
  });
});

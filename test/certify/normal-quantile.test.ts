import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalQuantileLower, normalQuantileUpper } from '../../src/certify/normal-quantile.ts';
import { fixed } from '../support/brute-force/logarithm.ts';
import { normalDistribution } from '../support/brute-force/normal.ts';

/** From votes.py, an independent program with 40 digits: `python3 test/certify/votes.py`. */
const REFERENCES: [p: number, z: number][] = [
  [2 ** -1000, -37.11101193716479],
  [1e-300, -37.0470962993612],
  [1e-100, -21.273453560965326],
  [2 ** -53, -8.209536151601387],
  [1e-10, -6.361340902404057],
  [0.001, -3.0902323061678136],
  [0.02275, -2.000002443899604],
  [0.0228, -1.99907721497177],
  [0.1, -1.2815515655446004],
  [0.3, -0.5244005127080408],
  [0.4999, -0.00025066283008800747],
  [0.5, 0],
  [0.6, 0.2533471031357997],
  [0.9, 1.2815515655446006],
  [0.975, 1.9599639845400538],
  [0.9773, 2.0009293881015715],
  [0.999, 3.090232306167813],
  [1 - 1e-10, 6.361340889697422],
  [1 - 2 ** -53, 8.209536151601387],
];

const probabilities = fc.oneof(
  fc.double({ min: 2 ** -53, max: 1 - 2 ** -53, noNaN: true }),
  fc.double({ min: -36, max: -0.7, noNaN: true }).map(Math.exp),
  fc.double({ min: -36, max: -0.7, noNaN: true }).map((exponent) => 1 - Math.exp(exponent)),
  fc.double({ min: 0.0227, max: 0.0228, noNaN: true }), // on both sides of z = -2, where the method changes
);

describe('normalQuantileLower, normalQuantileUpper', () => {
  it.each(REFERENCES)('golden: p = %d', (p, z) => {
    expect(normalQuantileLower(p)).toBeLessThanOrEqual(z);
    expect(normalQuantileUpper(p)).toBeGreaterThanOrEqual(z);
    expect(normalQuantileUpper(p) - normalQuantileLower(p)).toBeLessThan(1e-12);
  });

  it('enclose the quantile: the series of Phi with 90 digits', () => {
    fc.assert(
      fc.property(probabilities, (p) => {
        const [lower, upper] = [normalQuantileLower(p), normalQuantileUpper(p)];
        expect(normalDistribution(lower) <= fixed(p)).toBe(true);
        expect(normalDistribution(upper) >= fixed(p)).toBe(true);
        expect(upper - lower).toBeLessThan(1e-12);
        expect(upper - lower).toBeGreaterThanOrEqual(0);
      }),
      { seed: 84, numRuns: 500 },
    );
  });

  it('are mirror images, and enclose 0 at 1/2', () => {
    for (const p of [0.625, 0.9375, 1 - 2 ** -30]) {
      expect(normalQuantileUpper(1 - p)).toBe(-normalQuantileLower(p));
      expect(normalQuantileLower(1 - p)).toBe(-normalQuantileUpper(p));
    }
    expect(normalQuantileLower(0.5)).toBe(0);
    expect(normalQuantileUpper(0.5)).toBeGreaterThan(0);
  });

  it.each([0, 1, -0.5, 1.5, 2 ** -1001, Number.NaN])('refuse %d', (p) => {
    expect(() => normalQuantileLower(p)).toThrow(RangeError);
    expect(() => normalQuantileUpper(p)).toThrow(RangeError);
  });
});

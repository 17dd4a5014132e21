import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelNoise, momentCoefficients } from '../../src/certify/label-noise.ts';
import { contestWeights, matchOf, nearLimit } from '../support/brute-force/instances.ts';
import { divide, fixed } from '../support/brute-force/logarithm.ts';
import { exactNoise } from '../support/brute-force/noise.ts';

describe('labelNoise', () => {
  it.each([2, 3, 10])('refuses q outside 0 < q < (K-1)/K, K = %i', (classes) => {
    const limit = (classes - 1) / classes;
    const refused = [
      0,
      -0,
      1,
      limit,
      limit + 2 ** -50,
      -0.1,
      -1e-300,
      2,
      5e-324,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ];
    for (const q of refused) expect(() => labelNoise(q, classes), `q = ${q}`).toThrow(RangeError);
  });

  it.each([2, 3, 10])('accepts q just inside its limits, K = %i', (classes) => {
    for (const q of [1e-12, ((classes - 1) / classes) * (1 - 2 ** -52)]) {
      expect(labelNoise(q, classes)).toEqual({ q, classes });
    }
  });
});

describe('momentCoefficients', () => {
  it('are within 4 units of roundoff of the probabilities they stand for', () => {
    fc.assert(
      fc.property(contestWeights, fc.double({ min: 1e-30, max: 1, noNaN: true }), (weights, share) => {
        const classes = weights.length;
        const q = Math.max(1e-30, Math.min(nearLimit(classes), share));
        const actual = momentCoefficients(labelNoise(q, classes), matchOf(weights));
        const noise = exactNoise(q, classes);
        for (const [weight, coefficients] of [
          [1, actual.falling],
          [-1, actual.rising],
          [0, actual.level],
        ] as const) {
          for (let label = 0; label < classes; label++) {
            let mass = 0n;
            for (const [shown, one] of weights.entries()) {
              if (one === weight) mass += shown === label ? noise.keep : noise.change;
            }
            const exact = divide(mass, noise.total);
            const distance = fixed(coefficients[label]!) - exact;
            const bound = (4n * exact) >> 53n;
            expect(distance < 0n ? -distance : distance).toBeLessThanOrEqual(bound + 1n);
          }
        }
      }),
      { seed: 53, numRuns: 1000 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Contest } from '../../src/certify/contest.ts';
import { labelNoise, momentCoefficients } from '../../src/certify/label-noise.ts';
import { logMoments } from '../../src/kernel/log-moments.ts';
import { approximately, divide, fixed, ONE } from '../support/brute-force-logarithm.ts';
import { exactNoise, logMomentSum } from '../support/brute-force-noise.ts';

/** The double below (K-1)/K; for K = 2 that is 1/2 - 2^-54. */
const nearLimit = (classes: number) => ((classes - 1) / classes) * (1 - 2 ** -53);

interface Case {
  classes: number;
  weights: number[];
  q: number;
  alpha: number[];
  labels: number[];
  t: number;
}

/** The contests of certificates.md section 3.1 by their class weights: argmax, and both sides of a threshold. */
const contests = fc.constantFrom(
  ...[
    [1, -1],
    [-1, 1],
    [0, 1],
    [-1, 0],
    [1, 0],
    [0, -1],
  ],
  ...[
    [1, -1, 0],
    [0, -1, 1],
  ],
  ...[
    [0, 1, -1, 0],
    [-1, 0, 0, 0, 1],
  ],
);

const alphas = fc.oneof(
  fc.double({ min: -1, max: 1, noNaN: true }),
  fc.double({ min: -1e-8, max: 1e-8, noNaN: true }),
  fc.constantFrom(0, -0, 1, -1, 5e-324, 1e-300, 1e4, -1e4),
);

const cases: fc.Arbitrary<Case> = contests.chain((weights) => {
  const classes = weights.length;
  const row = fc.tuple(alphas, fc.integer({ min: 0, max: classes - 1 }));
  return fc
    .record({
      classes: fc.constant(classes),
      weights: fc.constant(weights),
      q: fc.oneof(
        fc.constantFrom(nearLimit(classes), 1e-30, 1e-12, 2 ** -53, 0.05),
        fc.double({ min: 0.001, max: nearLimit(classes), noNaN: true }),
      ),
      rows: fc.array(row, { minLength: 1, maxLength: 20 }),
      t: fc.oneof(fc.constantFrom(0, 1e-8, 1, 700, 1e4), fc.double({ min: 0, max: 50, noNaN: true })),
    })
    .map(({ rows, ...rest }) => ({
      ...rest,
      alpha: rows.map(([value]) => value),
      labels: rows.map(([, label]) => label),
    }));
});

const matchOf = (weights: number[]): Contest => ({
  rival: 0,
  weights: Float64Array.from(weights),
  constant: 0,
  strict: true,
});

function evaluate({ classes, weights, q, alpha, labels, t }: Case) {
  const out = { value: 0, slope: 0, curvature: 0, error: 0 };
  const coefficients = momentCoefficients(labelNoise(q, classes), matchOf(weights));
  logMoments(Float64Array.from(alpha), Int32Array.from(labels), coefficients, t, out);
  return out;
}

const sumOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

describe('logMoments', () => {
  it('lies within its error bound of the logarithm computed with 96 digits', () => {
    fc.assert(
      fc.property(cases, (of) => {
        const { value, error } = evaluate(of);
        const exact = logMomentSum(
          of.alpha,
          of.labels,
          of.weights,
          exactNoise(of.q, of.classes),
          fixed(of.t),
        );
        const distance = fixed(value) - exact;
        const reference = ONE >> 200n; // what the reference itself may be off by
        expect(distance < 0n ? -distance : distance).toBeLessThanOrEqual(fixed(error) + reference);
        // and the bound stays useful: it is of the order of the rounding of n terms
        const size = sumOf(of.alpha.map((a) => Math.abs(of.t * a) + 100));
        expect(error).toBeLessThan(1e-14 * (of.alpha.length + 10) * size);
      }),
      { seed: 51, numRuns: 2000 },
    );
  });

  it('has the slope and the curvature of the finite differences', () => {
    const step = ONE >> 40n;
    fc.assert(
      fc.property(cases, (of) => {
        const noise = exactNoise(of.q, of.classes);
        const at = (t: bigint) => logMomentSum(of.alpha, of.labels, of.weights, noise, t);
        const [left, middle, right] = [fixed(of.t) - step, fixed(of.t), fixed(of.t) + step].map(at);
        const slope = approximately(divide(right! - left!, 2n * step));
        const curvature = approximately(divide(divide(right! - 2n * middle! + left!, step), step));
        const { slope: actualSlope, curvature: actualCurvature } = evaluate(of);
        // the differences are off by step^2 times a higher derivative, at most the third or fourth power of a row
        const power = (k: number) => sumOf(of.alpha.map((a) => Math.abs(a) ** k));
        expect(Math.abs(actualSlope - slope)).toBeLessThanOrEqual(
          1e-12 * power(1) + 2 ** -78 * power(3) + 1e-20,
        );
        expect(Math.abs(actualCurvature - curvature)).toBeLessThanOrEqual(
          1e-12 * power(2) + 2 ** -76 * power(4) + 1e-20,
        );
      }),
      { seed: 52, numRuns: 600 },
    );
  });

  it('vanishes at t = 0, where its slope is minus the mean of the lead', () => {
    const of = { classes: 2, weights: [1, -1], q: 0.25, alpha: [3, -1, 2], labels: [0, 1, 1], t: 0 };
    // E D = (1 - 2q) (3 + 1 - 2), Var D = 4 q (1 - q) (9 + 1 + 4)
    const { value, slope, curvature } = evaluate(of);
    expect(value).toBeCloseTo(0, 15);
    expect(slope).toBeCloseTo(-1, 14);
    expect(curvature).toBeCloseTo(10.5, 13);
  });
});

describe('momentCoefficients', () => {
  it('are within 4 units of roundoff of the probabilities they stand for', () => {
    fc.assert(
      fc.property(contests, fc.double({ min: 1e-30, max: 1, noNaN: true }), (weights, share) => {
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

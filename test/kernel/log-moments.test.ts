import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelNoise, momentCoefficients } from '../../src/certify/label-noise.ts';
import { contestWeights, matchOf, nearLimit } from '../support/brute-force/instances.ts';
import { randomFrom } from '../support/brute-force/label-changes.ts';
import { approximately, divide, fixed, ONE } from '../support/brute-force/logarithm.ts';
import { exactNoise, logMoment, logMomentSum } from '../support/brute-force/noise.ts';
import { doublesIn, integersIn, KERNELS } from '../support/kernel/kernels.ts';

interface Case {
  classes: number;
  weights: number[];
  q: number;
  alpha: number[];
  labels: number[];
  t: number;
}

const alphas = fc.oneof(
  fc.double({ min: -1, max: 1, noNaN: true }),
  fc.double({ min: -1e-8, max: 1e-8, noNaN: true }),
  fc.constantFrom(0, -0, 1, -1, 5e-324, 1e-300, 1e4, -1e4),
);

const cases: fc.Arbitrary<Case> = contestWeights.chain((weights) => {
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

const sumOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

describe.each(KERNELS)('logMoments, $name', ({ kernel, fresh }) => {
  function evaluate({ classes, weights, q, alpha, labels, t }: Case) {
    const out = { value: 0, slope: 0, curvature: 0, error: 0 };
    const coefficients = momentCoefficients(labelNoise(q, classes), matchOf(weights));
    const memory = fresh();
    kernel.logMoments(doublesIn(memory, alpha), integersIn(memory, labels), coefficients, t, out);
    return out;
  }

  /** Compares with the sum of logarithms at 96 digits, and returns the error bound. */
  function expectWithinError(of: Case): number {
    const { value, error } = evaluate(of);
    const exact = logMomentSum(of.alpha, of.labels, of.weights, exactNoise(of.q, of.classes), fixed(of.t));
    const distance = fixed(value) - exact;
    const reference = ONE >> 200n; // what the reference itself may be off by
    expect(distance < 0n ? -distance : distance).toBeLessThanOrEqual(fixed(error) + reference);
    return error;
  }

  it('lies within its error bound of the logarithm computed with 96 digits', () => {
    fc.assert(
      fc.property(cases, (of) => {
        const error = expectWithinError(of);
        // and the bound stays useful: it is of the order of the rounding of n terms
        const size = sumOf(of.alpha.map((a) => Math.abs(of.t * a) + 100));
        expect(error).toBeLessThan(1e-14 * (of.alpha.length + 10) * size);
      }),
      { seed: 51, numRuns: 2000 },
    );
  });

  it('bounds the rounding where the exponential and a small probability cancel', () => {
    const scale = fc.record({
      weights: contestWeights.filter((weights) => weights.includes(1) && weights.includes(-1)),
      power: fc.integer({ min: 1, max: 60 }),
      t: fc.double({ min: 0.99, max: 1.01, noNaN: true }),
      alpha: fc.double({ min: 0.5, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(scale, ({ weights, power, t, alpha }) => {
        // at t alpha = log(1/q) the large terms |z| and log q leave log M of order 1
        const [classes, q] = [weights.length, 10 ** -power];
        const of = {
          classes,
          weights,
          q,
          alpha: [alpha],
          labels: [weights.indexOf(1)],
          t: (-Math.log(q) / alpha) * t,
        };
        expectWithinError(of);
      }),
      { seed: 54, numRuns: 2000 },
    );
  });

  it('bounds the rounding of a long sum that drifts: equal rows round the same way', () => {
    const random = randomFrom(55);
    for (let seed = 0; seed < 40; seed++) {
      const rows = 4000;
      const alpha = new Array<number>(rows).fill(0.2 + random());
      const of = {
        classes: 2,
        weights: [1, -1],
        q: 0.01,
        alpha,
        labels: new Array<number>(rows).fill(0),
        t: 1,
      };
      const { value, error } = evaluate(of);
      const exact = BigInt(rows) * logMoment(fixed(alpha[0]!), 0, of.weights, exactNoise(of.q, 2));
      const distance = fixed(value) - exact;
      expect(distance < 0n ? -distance : distance).toBeLessThanOrEqual(fixed(error));
    }
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

  it('bounds the rounding of a product far below the smallest double', () => {
    // every moment, less its factor e^|z|, is near q
    for (const [rows, q] of [
      [2001, 1e-60],
      [2001, 1e-9],
      [7, 1e-80],
    ] as const) {
      const alpha = new Array<number>(rows).fill(1.1);
      const of = { classes: 2, weights: [1, -1], q, alpha, labels: new Array<number>(rows).fill(0), t: 200 };
      const { value, error } = evaluate(of);
      const z = (fixed(of.t) * fixed(1.1)) / ONE;
      const exact = BigInt(rows) * logMoment(z, 0, of.weights, exactNoise(q, 2));
      const distance = fixed(value) - exact;
      expect(distance < 0n ? -distance : distance).toBeLessThanOrEqual(fixed(error));
      expect(error).toBeLessThan(1e-12 * rows * Math.abs(value));
    }
  });

  it('refuses arrays that do not belong together, and turns NaN into NaN', () => {
    const memory = fresh();
    const coefficients = momentCoefficients(labelNoise(0.1, 2), matchOf([1, -1]));
    const out = { value: 0, slope: 0, curvature: 0, error: 0 };
    expect(() => kernel.logMoments(memory.doubles(3), memory.integers(2), coefficients, 1, out)).toThrow(
      RangeError,
    );
    for (const rows of [1, 2, 3, 4]) {
      for (let bad = 0; bad < rows; bad++) {
        const alpha = doublesIn(memory, new Array<number>(rows).fill(1));
        alpha[bad] = Number.NaN;
        kernel.logMoments(alpha, integersIn(memory, new Array<number>(rows).fill(0)), coefficients, 1, out);
        expect(out).toEqual({
          value: Number.NaN,
          slope: Number.NaN,
          curvature: Number.NaN,
          error: Number.NaN,
        });
      }
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clopperPearsonLower,
  clopperPearsonUpper,
  complementUp,
  riskOf,
} from '../../src/certify/clopper-pearson.ts';
import { binomialWeights, tailIsWithin } from '../support/brute-force/binomial.ts';

/** From votes.py, an independent program with 40 digits: `python3 test/certify/votes.py`. */
const REFERENCES: [successes: number, trials: number, risk: number, bound: number][] = [
  [1, 10, 0.05, 0.005116196891823702],
  [9, 10, 0.05, 0.6058366975634952],
  [10, 10, 0.05, 0.7411344491069477],
  [55, 100, 0.001, 0.3921468272212553],
  [990, 1000, 0.0005, 0.9749365668583673],
  [9990, 10_000, 0.001, 0.9975883080325683],
  [9900, 10_000, 1.1102230246251565e-16, 0.979425588397345],
  [3, 1_000_000, 0.01, 4.360455060561862e-7],
  [600_000, 1_000_000, 0.001, 0.5984849351656046],
  [1, 1_000_000_000, 0.001, 1.000500333583033e-12],
  [999_999_999, 1_000_000_000, 0.001, 0.9999999907665865],
  [500_100_000, 1_000_000_000, 0.001, 0.5000511386375035],
  [990_000_000, 1_000_000_000, 1e-9, 0.9899811159238376],
];

const risks = fc.oneof(
  fc.constantFrom(2 ** -53, 1e-9, 0.001, 0.05, 0.5),
  fc.double({ min: 1e-6, max: 0.5, noNaN: true }),
);

/** Counts with 0 < successes < trials, the ends as often as the middle. */
const counts = (mostTrials: number) =>
  fc
    .integer({ min: 2, max: mostTrials })
    .chain((trials) =>
      fc
        .oneof(fc.constantFrom(1, 2, trials - 1), fc.integer({ min: 1, max: trials - 1 }))
        .map((successes) => ({ successes: Math.min(successes, trials - 1), trials })),
    );

describe('clopperPearsonLower', () => {
  it.each(REFERENCES)('golden: %i of %i at risk %d', (successes, trials, risk, bound) => {
    const lower = clopperPearsonLower(successes, trials, risk);
    expect(lower).toBeLessThanOrEqual(bound);
    expect(1 - lower / bound).toBeLessThan(1e-11);
  });

  it('leaves a tail of at most the risk, and not much more room, in exact arithmetic', () => {
    fc.assert(
      fc.property(counts(300), risks, ({ successes, trials }, risk) => {
        const lower = clopperPearsonLower(successes, trials, risk);
        expect(tailIsWithin(successes, trials, lower, risk)).toBe(true);
        const above = Math.min(lower * (1 + 1e-11), 1 - (1 - lower) * (1 - 1e-11));
        expect(tailIsWithin(successes, trials, above, risk)).toBe(false);
      }),
      { seed: 81, numRuns: 400 },
    );
  });

  it('leaves a tail of at most the risk for a risk close to 1 too', () => {
    fc.assert(
      fc.property(
        counts(100),
        fc.double({ min: 0.5, max: 1 - 2 ** -53, noNaN: true }),
        ({ successes, trials }, risk) => {
          expect(tailIsWithin(successes, trials, clopperPearsonLower(successes, trials, risk), risk)).toBe(
            true,
          );
        },
      ),
      { seed: 82, numRuns: 200 },
    );
  });

  it('is 0 without successes, and the root of the risk without failures', () => {
    for (const trials of [1, 2, 7, 100, 1000]) {
      for (const risk of [2 ** -53, 0.001, 0.3, 0.999]) {
        expect(clopperPearsonLower(0, trials, risk)).toBe(0);
        const lower = clopperPearsonLower(trials, trials, risk);
        expect(tailIsWithin(trials, trials, lower, risk)).toBe(true);
        expect(tailIsWithin(trials, trials, lower * (1 + 2e-14), risk)).toBe(false);
      }
    }
    expect(clopperPearsonLower(1e9, 1e9, 1 - 2 ** -53)).toBeLessThan(1);
  });

  it('rises with the successes and with the risk', () => {
    for (const trials of [20, 1_000_000]) {
      const step = trials / 20;
      for (let successes = step; successes <= trials; successes += step) {
        const [here, fewer, riskier] = [
          clopperPearsonLower(successes, trials, 0.01),
          clopperPearsonLower(successes - step, trials, 0.01),
          clopperPearsonLower(successes, trials, 0.02),
        ];
        expect(here).toBeGreaterThan(fewer);
        expect(riskier).toBeGreaterThan(here);
      }
    }
  });

  it('exceeds the true probability with at most the risk: every outcome of small experiments', () => {
    for (const trials of [1, 2, 5, 12, 30]) {
      for (const risk of [0.001, 0.05, 0.3]) {
        const lower = Array.from({ length: trials + 1 }, (_, k) => clopperPearsonLower(k, trials, risk));
        // On a grid, and just below each bound, where the coverage is least.
        const truths = [
          ...Array.from({ length: 31 }, (_, i) => (i + 1) / 32),
          ...lower.map((p) => p * (1 - 2 ** -40)),
        ];
        for (const p of truths.filter((one) => one > 0)) {
          const { weights, total } = binomialWeights(trials, p);
          const wrong = weights.filter((_, k) => lower[k]! > p).reduce((sum, weight) => sum + weight, 0n);
          expect(wrong * 10_000n <= total * BigInt(Math.round(risk * 10_000))).toBe(true);
        }
      }
    }
  });
});

describe('clopperPearsonUpper', () => {
  it('is the mirror image, rounded up', () => {
    fc.assert(
      fc.property(counts(100_000), risks, ({ successes, trials }, risk) => {
        const lower = clopperPearsonLower(trials - successes, trials, risk);
        const upper = clopperPearsonUpper(successes, trials, risk);
        // 1 - upper <= lower in exact arithmetic: 1 - upper is exact from 1/2 on, else upper is a multiple of 2^-54
        expect(BigInt((1 - upper) * 2 ** 54) <= BigInt(Math.floor(lower * 2 ** 54))).toBe(true);
        expect(upper + lower).toBeCloseTo(1, 15);
      }),
      { seed: 83, numRuns: 200 },
    );
    expect(clopperPearsonUpper(10, 10, 0.05)).toBe(1);
    expect(clopperPearsonUpper(0, 10, 0.05)).toBeCloseTo(1 - 0.05 ** 0.1, 14);
  });

  it('falls short of the true probability with at most the risk', () => {
    const [trials, risk] = [20, 0.05];
    const upper = Array.from({ length: trials + 1 }, (_, k) => clopperPearsonUpper(k, trials, risk));
    for (const p of [
      ...Array.from({ length: 63 }, (_, i) => (i + 1) / 64),
      ...upper.map((one) => one * (1 + 2 ** -40)),
    ]) {
      if (!(p < 1)) continue;
      const { weights, total } = binomialWeights(trials, p);
      const wrong = weights.filter((_, k) => upper[k]! < p).reduce((sum, weight) => sum + weight, 0n);
      expect(wrong * 20n <= total).toBe(true);
    }
  });
});

describe('bounds at the door', () => {
  it.each([
    [1, 0, 0.1],
    [2, 1, 0.1],
    [-1, 10, 0.1],
    [0.5, 10, 0.1],
    [1, 1.5, 0.1],
    [1, 1e9 + 1, 0.1],
    [1, 10, 0],
    [1, 10, 1],
    [Number.NaN, 10, 0.1],
    [1, Number.NaN, 0.1],
    [1, 10, Number.NaN],
  ])('refuse %d of %d at risk %d', (successes, trials, risk) => {
    expect(() => clopperPearsonLower(successes, trials, risk)).toThrow(RangeError);
    expect(() => clopperPearsonUpper(successes, trials, risk)).toThrow(RangeError);
  });

  it('take the risk at its lower end and the complement at its upper end', () => {
    const parts = (value: number) => BigInt(value * 2 ** 200); // exact: multiples of 2^-200
    for (const value of [
      2 ** -100,
      2 ** -54,
      1e-10,
      0.1,
      1 / 3,
      0.5 - 2 ** -54,
      0.5,
      0.9,
      0.999,
      1 - 2 ** -53,
    ]) {
      const exact = (1n << 200n) - parts(value);
      expect(parts(riskOf(value)) <= exact).toBe(true);
      expect(parts(complementUp(value)) >= exact).toBe(true);
      expect(riskOf(value)).toBeCloseTo(1 - value, 15);
      expect(complementUp(value)).toBeCloseTo(1 - value, 15);
    }
    expect(riskOf(0.75)).toBe(0.25);
    for (const bad of [0, 1, -1, 2, Number.NaN]) expect(() => riskOf(bad)).toThrow(RangeError);
  });
});

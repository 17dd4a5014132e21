import { describe, expect, it } from 'vitest';
import { clopperPearsonLower, clopperPearsonUpper } from '../../src/certify/clopper-pearson.ts';
import { gaussianRadius } from '../../src/certify/gaussian-radius.ts';
import { fixed, ONE } from '../support/brute-force/logarithm.ts';
import { normalDistribution } from '../support/brute-force/normal.ts';

/** From votes.py, an independent program with 40 digits: `python3 test/certify/votes.py`. */
const REFERENCES: [
  top: number,
  runnerUp: number | undefined,
  total: number,
  sigma: number,
  risk: number,
  radius: number,
][] = [
  [990, 7, 1000, 0.5, 0.001, 1.0005345232885505],
  [990, undefined, 1000, 0.5, 0.001, 0.9890047910705996],
  [400, 100, 1000, 0.25, 0.001, 0.08965743879399057],
  [100_000, 0, 100_000, 1, 0.001, 3.787758865939856],
  [100_000, undefined, 100_000, 1, 0.001, 3.8114565633899518],
  [600, 400, 1000, 1, 0.05, 0.17351949172086556],
];

/** All ways in which `total` votes fall on three classes, with their probabilities. */
function* outcomes(total: number, chances: readonly [number, number, number]) {
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  for (let a = 0; a <= total; a++) {
    for (let b = 0; a + b <= total; b++) {
      const c = total - a - b;
      const ways = factorial(total) / (factorial(a) * factorial(b) * factorial(c));
      yield { votes: [a, b, c] as const, chance: ways * chances[0] ** a * chances[1] ** b * chances[2] ** c };
    }
  }
}

describe('gaussianRadius', () => {
  it.each(REFERENCES)(
    'golden: %i against %s of %i, sigma %d',
    (top, runnerUp, total, sigma, risk, radius) => {
      const certificate = gaussianRadius({ top, runnerUp, total }, sigma, 1 - risk);
      expect(certificate.radius).toBeLessThanOrEqual(radius);
      expect(certificate.radius! / radius).toBeCloseTo(1, 10);
    },
  );

  it('is sigma Phi^-1(pA) without a runner-up, rounded down', () => {
    for (const top of [550, 600, 700, 900, 977, 999, 1000]) {
      const { pLower, pUpper, radius } = gaussianRadius({ top, total: 1000 }, 4, 0.9);
      expect(pLower).toBe(clopperPearsonLower(top, 1000, 1 - 0.9));
      expect(pUpper).toBe(1 - pLower);
      expect(normalDistribution(radius! / 4) <= fixed(pLower)).toBe(true);
      expect(normalDistribution((radius! / 4) * (1 + 1e-10)) > fixed(pLower)).toBe(true);
    }
  });

  it('splits the risk over two bounds when there is a runner-up, and never gives it more than the rest', () => {
    const split = gaussianRadius({ top: 800, runnerUp: 50, total: 1000 }, 1, 0.75);
    expect(split.pLower).toBe(clopperPearsonLower(800, 1000, 0.125));
    expect(split.pUpper).toBe(clopperPearsonUpper(50, 1000, 0.125));
    const all = gaussianRadius({ top: 800, runnerUp: 200, total: 1000 }, 1, 0.75);
    expect(all.pUpper).toBe(1 - all.pLower);
  });

  it('abstains unless the top class is ahead, and never has a negative radius', () => {
    for (const votes of [
      { top: 500, total: 1000 },
      { top: 0, total: 1000 },
      { top: 0, runnerUp: 0, total: 1 },
      { top: 300, runnerUp: 300, total: 1000 },
      { top: 300, runnerUp: 280, total: 1000 },
    ]) {
      const { pLower, pUpper, radius } = gaussianRadius(votes, 1, 0.999);
      expect(radius).toBeNull();
      expect(pLower).toBeLessThanOrEqual(pUpper);
    }
    for (let top = 500; top < 600; top++) {
      const { pLower, pUpper, radius } = gaussianRadius({ top, total: 1000 }, 1, 0.9);
      expect(radius === null).toBe(pLower <= pUpper);
      if (radius !== null) expect(radius).toBeGreaterThanOrEqual(0);
    }
  });

  it('certifies beyond the margin of a linear classifier with at most the risk: every outcome of 60 votes', () => {
    // Under N(0, sigma^2 I) the side of a hyperplane at distance m wins with Phi(m / sigma), and its radius is m.
    const [total, sigma, confidence] = [60, 2, 0.9];
    for (const margin of [0.1, 0.5, 1, 2]) {
      const chance = Number((normalDistribution(margin / sigma) << 60n) / ONE) * 2 ** -60;
      let weight = (1 - chance) ** total;
      let wrong = 0;
      for (let top = 0; top <= total; top++) {
        if ((gaussianRadius({ top, total }, sigma, confidence).radius ?? 0) > margin) wrong += weight;
        weight *= ((total - top) / (top + 1)) * (chance / (1 - chance));
      }
      expect(wrong).toBeLessThanOrEqual(1 - confidence);
      expect(wrong).toBeGreaterThan(0); // otherwise the line above says nothing
    }
  });

  it('has both bounds right at once with the confidence, whichever class comes second in the sample', () => {
    const [total, confidence] = [30, 0.9];
    for (const chances of [
      [0.6, 0.2, 0.2],
      [0.5, 0.3, 0.2],
      [0.8, 0.19, 0.01],
      [0.4, 0.35, 0.25],
    ] as const) {
      let [wrong, either] = [0, 0];
      for (const { votes, chance } of outcomes(total, chances)) {
        // The class to be certified is the first, chosen beforehand: it need not lead in this sample.
        const { pLower, pUpper } = gaussianRadius(
          { top: votes[0], runnerUp: Math.max(votes[1], votes[2]), total },
          1,
          confidence,
        );
        if (pLower > chances[0]) either += chance;
        if (pLower > chances[0] || pUpper < chances[1]) wrong += chance;
      }
      expect(wrong).toBeLessThanOrEqual(1 - confidence);
      expect(either).toBeGreaterThan(0);
    }
  });

  it('keeps a radius next to the largest confidence', () => {
    const { radius } = gaussianRadius({ top: 1000, runnerUp: 0, total: 1000 }, 1, 1 - 2 ** -53);
    expect(radius).toBeGreaterThan(1);
    expect(() => gaussianRadius({ top: 1, total: 1 }, 1, 1)).toThrow(RangeError);
    expect(() => gaussianRadius({ top: 1, total: 1 }, 1, Number.NaN)).toThrow(RangeError);
  });
});

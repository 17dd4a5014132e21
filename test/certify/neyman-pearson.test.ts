import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kullbackLeiblerFlips, LOG_HALF } from '../../src/certify/kullback-leibler.ts';
import { labelNoise } from '../../src/certify/label-noise.ts';
import { NeymanPearsonTable } from '../../src/certify/neyman-pearson.ts';
import { approximately, fixed, logOfInteger } from '../support/brute-force/logarithm.ts';
import { exactNoise } from '../support/brute-force/noise.ts';

// Provenance: test/golden/README.md (34 digits).
const golden: { q: number; classes: number; flips: number; logThreshold: number }[] = JSON.parse(
  readFileSync(new URL('../golden/neyman-pearson.json', import.meta.url), 'utf8'),
);

const tableOf = (q: number, classes: number) => new NeymanPearsonTable(labelNoise(q, classes));

/** P(failure) of the worst event: outcomes taken by likelihood ratio until their mass under the changed law is 1/2. */
function enumerated(q: number, classes: number, rows: number): number {
  const other = q / (classes - 1);
  const shows = [
    { step: 1, before: other, after: 1 - q },
    { step: -1, before: 1 - q, after: other },
    { step: 0, before: other * (classes - 2), after: other * (classes - 2) },
  ];
  let outcomes = [{ sum: 0, before: 1, after: 1 }];
  for (let row = 0; row < rows; row++) {
    outcomes = outcomes.flatMap((one) =>
      shows.map(({ step, before, after }) => ({
        sum: one.sum + step,
        before: one.before * before,
        after: one.after * after,
      })),
    );
  }
  let [mass, probability] = [0, 0];
  for (const { before, after } of outcomes.sort((a, b) => b.sum - a.sum)) {
    const share = after === 0 ? 1 : Math.min(1, (0.5 - mass) / after);
    if (share <= 0) break;
    mass += share * after;
    probability += share * before;
  }
  return Math.log(probability);
}

/** log b_r for two classes with 96 digits: r rows show their new label j times, C(r, j) ways. */
function exactLogThreshold(q: number, rows: number): bigint {
  let { keep, change, total } = exactNoise(q, 2);
  for (; keep % 2n === 0n && change % 2n === 0n; total /= 2n) [keep, change] = [keep / 2n, change / 2n];
  const everything = total ** BigInt(rows);
  let ways = 1n; // C(rows, j), from j = rows down
  let [before, after] = [0n, 0n];
  for (let j = rows; ; j--) {
    const [shown, hidden] = [BigInt(j), BigInt(rows - j)];
    const mass = ways * keep ** shown * change ** hidden; // of this j after the change, times `everything`
    if (2n * (after + mass) >= everything) {
      // b_r = before + (1/2 - after) beta^-T with beta^-T = (change / keep)^(2 j - r); all over 2 everything
      const tilt = 2 * j - rows;
      const [up, down] = tilt >= 0 ? [change, keep] : [keep, change];
      const power = BigInt(Math.abs(tilt));
      const numerator = 2n * before * down ** power + (everything - 2n * after) * up ** power;
      return logOfInteger(numerator) - logOfInteger(2n * everything * down ** power);
    }
    after += mass;
    before += ways * change ** shown * keep ** hidden;
    ways = (ways * shown) / (hidden + 1n);
  }
}

describe('NeymanPearsonTable', () => {
  it.each(golden)('golden: q = $q, $classes classes, $flips flips', ({ q, classes, flips, logThreshold }) => {
    const threshold = tableOf(q, classes).threshold(flips);
    expect(threshold).toBeLessThanOrEqual(logThreshold);
    expect(Math.abs(threshold / logThreshold - 1)).toBeLessThan(1e-9);
  });

  it('is the probability of the worst event, by enumeration of every outcome', () => {
    for (const classes of [2, 3, 5]) {
      for (const q of [0.01, 0.2, 0.45]) {
        const table = tableOf(q, classes);
        for (let rows = 1; rows <= 7; rows++) {
          expect(table.threshold(rows)).toBeCloseTo(enumerated(q, classes, rows), 9);
          expect(table.threshold(rows)).toBeLessThanOrEqual(enumerated(q, classes, rows) + 1e-12);
        }
      }
    }
  });

  it('stays at its lower end next to q = 1/2, where the logarithm of beta has few digits of its own', () => {
    for (let step = 2; step < 26; step++) {
      const q = 0.5 - 0.3 * 2 ** -step;
      const table = tableOf(q, 2);
      for (const rows of [7, 60, 120]) {
        const exact = exactLogThreshold(q, rows);
        expect(fixed(table.threshold(rows)), `q = ${q}, ${rows} rows`).toBeLessThanOrEqual(exact);
        expect(table.threshold(rows) / approximately(exact)).toBeCloseTo(1, 10);
      }
    }
  });

  it('falls with the number of flips, and counts as many as stay above the failure', () => {
    const table = tableOf(0.3, 3);
    for (let flips = 1; flips < 400; flips++) {
      const [before, here] = [table.threshold(flips - 1), table.threshold(flips)];
      expect(here).toBeLessThan(before);
      expect(table.flips(here, 1000)).toBe(flips - 1);
      expect(table.flips(here * (1 + 1e-12), 1000)).toBe(flips);
      expect(table.flips(here * (1 + 1e-12), flips - 1)).toBe(flips - 1);
    }
  });

  it('certifies at least as many flips as Kullback-Leibler', () => {
    const noises = fc.tuple(fc.integer({ min: 2, max: 6 }), fc.double({ min: 0.02, max: 0.98, noNaN: true }));
    fc.assert(
      fc.property(
        noises,
        fc.double({ min: -200, max: -0.7, noNaN: true }),
        ([classes, share], logFailure) => {
          const noise = labelNoise((share * (classes - 1)) / classes, classes);
          const kl = kullbackLeiblerFlips(logFailure, noise);
          fc.pre(kl < 5000);
          expect(new NeymanPearsonTable(noise).flips(logFailure, 10_000)).toBeGreaterThanOrEqual(kl);
        },
      ),
      { seed: 71, numRuns: 150 },
    );
  });

  it('refuses what is not below log(1/2), and NaN', () => {
    const table = tableOf(0.2, 2);
    for (const value of [LOG_HALF, 0, 1, Number.NaN]) expect(table.flips(value, 100)).toBe(0);
    expect(() => table.threshold(-1)).toThrow(RangeError);
    expect(() => table.threshold(Number.NaN)).toThrow(RangeError);
  });

  it('stops counting at its size, whatever is asked', () => {
    expect(tableOf(0.49, 2).flips(-1e9, 1e9)).toBe(2 ** 16);
  });
});

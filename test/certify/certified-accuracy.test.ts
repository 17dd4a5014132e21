import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  certifiedAccuracy,
  certifiedAccuracyCurve,
  classSwapCeiling,
  flipsOfPercent,
  median,
} from '../../src/certify/certified-accuracy.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { alphaOf, certifyExactly, fitRidge, queryOf } from '../support/brute-force/reference.ts';

const rowsOf = (...flips: number[]) => Int32Array.from(flips);
const testRows = fc.array(fc.integer({ min: -1, max: 3000 }), { minLength: 1, maxLength: 60 });

describe('median', () => {
  it.each([
    [[5], 5],
    [[9, 1, 4], 4],
    [[7, 2, 4, 1], 3],
    [[3, 0], 1.5],
    [[-1, 2], 0.5],
    [[-1, -1, -1, 9], -1],
    [[10, 9, 100], 10], // by size, not as text
  ])('of %j is %d', (rows, expected) => {
    const given = rowsOf(...rows);
    expect(median(given)).toBe(expected);
    expect([...given]).toEqual(rows); // and the rows stay in their order
  });
});

describe('certifiedAccuracy', () => {
  it('counts rows that are certified for at least so many flips; wrong ones never count', () => {
    const rows = rowsOf(-1, 0, 3, 3, 8);
    expect([0, 1, 3, 4, 8, 9].map((flips) => certifiedAccuracy(rows, flips))).toEqual([
      0.8, 0.6, 0.6, 0.2, 0.2, 0,
    ]);
  });
});

describe('certifiedAccuracyCurve', () => {
  it('has every number of flips up to one past the largest certificate, where there are few', () => {
    expect(certifiedAccuracyCurve(rowsOf(-1, 0, 2, 2))).toEqual([
      { flips: 0, share: 0.75 },
      { flips: 1, share: 0.5 },
      { flips: 2, share: 0.5 },
      { flips: 3, share: 0 },
    ]);
  });

  it('is one point where nothing is right', () => {
    expect(certifiedAccuracyCurve(rowsOf(-1, -1))).toEqual([{ flips: 0, share: 0 }]);
  });

  it('is exact where it is given, evenly spaced, short, and ends at 0', () => {
    fc.assert(
      fc.property(testRows, (flips) => {
        const rows = rowsOf(...flips);
        const curve = certifiedAccuracyCurve(rows);
        const most = Math.max(...flips);
        for (const point of curve) {
          expect(point.share).toBe(flips.filter((own) => own >= point.flips).length / flips.length);
        }
        expect(curve[0]!.flips).toBe(0);
        expect(curve.at(-1)).toEqual({ flips: most + 1, share: 0 });
        expect(curve.length).toBeLessThanOrEqual(201);
        const steps = curve.slice(1, -1).map((point, k) => point.flips - curve[k]!.flips);
        expect(new Set(steps).size).toBeLessThanOrEqual(1);
        if (most < 200) expect(curve).toHaveLength(most + 2);
        else expect(curve.length).toBeGreaterThan(100);
      }),
      { seed: 20, numRuns: 200 },
    );
  });
});

describe('flipsOfPercent', () => {
  it('is the smallest integer that is not below the share, in exact arithmetic', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4, 8, 16),
        fc.integer({ min: 1, max: 1_000_000 }),
        (percent, rows) => {
          const flips = BigInt(flipsOfPercent(percent, rows));
          expect(flips * 100n >= BigInt(percent * rows)).toBe(true);
          expect((flips - 1n) * 100n < BigInt(percent * rows)).toBe(true);
        },
      ),
      { seed: 21, numRuns: 500 },
    );
  });

  it('is what the reference table uses: 521 of 13,007 rows are 4 %', () => {
    expect(flipsOfPercent(4, 13_007)).toBe(521);
    expect(flipsOfPercent(4, 100)).toBe(4);
  });
});

describe('classSwapCeiling', () => {
  it.each([
    [[8, 8], 0, 7],
    [[8, 9], 0, 8],
    [[3, 1], 1, 1],
    [[5, 2, 9], 0, 3], // against the smallest rival
    [[5, 2, 9], 1, 3],
  ])('of classes of %j rows for class %i is %i', (counts, predicted, expected) => {
    expect(classSwapCeiling(counts, predicted)).toBe(expected);
  });

  it('is above the exact certificate of argmax predictions without ties, and reached', () => {
    const random = new SeededRandom(22);
    const point = () => [random.normal(), random.normal()];
    let reached = 0;
    for (let k = 0; k < 400; k++) {
      const classes = 2 + random.below(3);
      const rows = Array.from({ length: classes + random.below(9) }, point);
      const labels = rows.map((_, row) => row % classes);
      // With an intercept the scores sum to 1: a class that loses all of its rows does not leave a tie.
      const ridge = fitRidge(rows, { centre: true, intercept: true, lambda: { relative: 100 } });
      const query = queryOf(alphaOf(ridge, point()), labels, classes);
      const { prediction, flips } = certifyExactly(query, { kind: 'argmax' });
      const counts = Array.from({ length: classes }, (_, c) => labels.filter((one) => one === c).length);
      const ceiling = classSwapCeiling(counts, prediction);
      expect(flips).toBeLessThanOrEqual(ceiling);
      if (flips === ceiling) reached++;
    }
    expect(reached).toBeGreaterThan(20);
  });
});

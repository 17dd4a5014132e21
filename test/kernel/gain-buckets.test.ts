import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GainBuckets } from '../../src/kernel/gain-buckets.ts';
import { units } from '../support/brute-force/label-changes.ts';
import { KERNELS } from '../support/kernel/kernels.ts';

const descending = (gains: readonly number[]) => gains.filter((gain) => gain > 0).sort((a, b) => b - a);

const zeroOr = (gain: fc.Arbitrary<number>) => fc.oneof({ arbitrary: gain, weight: 5 }, fc.constant(0));
const equal = fc.constantFrom(0.5, 1, 2, 3);
const close = fc.integer({ min: 1, max: 4000 }).map((k) => k / 1024);
/** Mantissa times a power of two: more than 64 octaves between the largest and the smallest, subnormals included. */
const spread = fc
  .tuple(fc.integer({ min: 1, max: 255 }), fc.integer({ min: -1074, max: 900 }))
  .map(([mantissa, power]) => mantissa * 2 ** power);
const generic = fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs);
const gainsOf = (gain: fc.Arbitrary<number>) => fc.array(zeroOr(gain), { maxLength: 120 });
const anyGains = fc.oneof(gainsOf(equal), gainsOf(close), gainsOf(spread), gainsOf(generic));

describe.each(KERNELS)('GainBuckets, $name', ({ kernel, fresh }) => {
  function loaded(gains: readonly number[], memory = fresh()): GainBuckets {
    const buckets = new GainBuckets(gains.length, kernel, memory);
    buckets.gains.set(gains);
    buckets.load();
    return buckets;
  }

  it('ranks gains as a full sort does', () => {
    fc.assert(
      fc.property(anyGains, (gains) => {
        const buckets = loaded(gains);
        const sorted = descending(gains);
        expect(sorted.map((_, i) => buckets.rank(i + 1))).toEqual(sorted);
        expect(Array.from(buckets.allSorted())).toEqual(sorted.toReversed());
      }),
      { seed: 31, numRuns: 500 },
    );
  });

  it('is as new after a resize, down or up again, whatever it held before', () => {
    const memory = fresh();
    const larger = loaded(
      Array.from({ length: 150 }, (_, k) => 1 + k),
      memory,
    );
    fc.assert(
      fc.property(anyGains, (gains) => {
        larger.resize(gains.length);
        larger.gains.set(gains);
        const own = loaded(gains, memory);
        larger.load();
        expect(larger.positive).toBe(descending(gains).length);
        expect(Array.from(larger.allSorted())).toEqual(Array.from(own.allSorted()));
        const half = descending(gains).reduce((sum, gain) => sum + gain / 2, 0);
        expect(larger.descend((total) => total <= half)).toEqual(own.descend((total) => total <= half));
      }),
      { seed: 36, numRuns: 300 },
    );
    expect(() => larger.resize(151)).toThrow(RangeError);
  });

  it('names the rows of the largest gains, of equal ones the first', () => {
    fc.assert(
      fc.property(anyGains, (gains) => {
        const ranked = gains
          .flatMap((gain, row) => (gain > 0 ? [{ gain, row }] : []))
          .sort((a, b) => b.gain - a.gain || a.row - b.row);
        const buckets = loaded(gains);
        for (let count = 0; count <= ranked.length; count++) {
          const expected = ranked.slice(0, count).map(({ row }) => row);
          expect(Array.from(buckets.largest(count))).toEqual(expected.sort((a, b) => a - b));
        }
      }),
      { seed: 37, numRuns: 200 },
    );
  });

  it('refuses a rank beyond the positive gains', () => {
    expect(() => loaded([0, 1, 0]).largest(2)).toThrow(RangeError);
    expect(() => loaded([0, 1, 0]).rank(2)).toThrow(RangeError);
    expect(() => loaded([0, 0]).rank(1)).toThrow(RangeError);
  });

  it('takes exactly the gains that fit where their sums are exact', () => {
    const exactGains = fc.oneof(gainsOf(equal), gainsOf(close));
    fc.assert(
      fc.property(exactGains, fc.integer({ min: -1, max: 300_000 }), (gains, limit) => {
        const budget = limit / 1024;
        const sorted = descending(gains);
        let fitting = 0;
        let total = 0;
        while (fitting < sorted.length && total + sorted[fitting]! <= budget) total += sorted[fitting++]!;
        const next = total + (sorted[fitting] ?? 0);
        const walk = loaded(gains).descend((sum) => sum <= budget);
        expect(walk).toEqual({ taken: fitting, all: fitting === sorted.length, nextTotal: next });
      }),
      { seed: 32, numRuns: 1000 },
    );
  });

  it('takes as many generic gains as exact sums allow, give or take the rounding', () => {
    fc.assert(
      fc.property(anyGains, fc.double({ min: 0, max: 1.1, noNaN: true }), (gains, share) => {
        const sorted = descending(gains).map(units);
        const budget = gains.reduce((sum, gain) => sum + gain, 0) * share;
        const taken = (limit: bigint) => {
          let fitting = 0;
          let sum = 0n;
          while (fitting < sorted.length && sum + sorted[fitting]! <= limit) sum += sorted[fitting++]!;
          return fitting;
        };
        const slack = units(budget) >> 40n;
        const walk = loaded(gains).descend((sum) => sum <= budget);
        expect(walk.taken).toBeGreaterThanOrEqual(taken(units(budget) - slack));
        expect(walk.taken).toBeLessThanOrEqual(taken(units(budget) + slack));
      }),
      { seed: 33, numRuns: 500 },
    );
  });

  it('takes nothing when all gains are zero, and everything when all of them fit', () => {
    expect(loaded([0, 0, 0]).descend(() => true)).toEqual({ taken: 0, all: true, nextTotal: 0 });
    expect(loaded([0, 0, 0]).descend(() => false)).toEqual({ taken: 0, all: true, nextTotal: 0 });
    expect(loaded([]).descend(() => true)).toEqual({ taken: 0, all: true, nextTotal: 0 });
    expect(loaded([1, 0, 2 ** -200, 3]).descend(() => true)).toEqual({ taken: 3, all: true, nextTotal: 4 });
    expect(loaded([1, 0, 3]).descend(() => false)).toEqual({ taken: 0, all: false, nextTotal: 3 });
  });

  it('forgets the previous contest when it is loaded again', () => {
    const buckets = loaded([8, 4, 2, 1]);
    buckets.descend((sum) => sum <= 12);
    buckets.gains.set([0, 2 ** -70, 0, 2 ** -71]);
    buckets.load();
    expect(buckets.descend((sum) => sum <= 2 ** -70)).toEqual({
      taken: 1,
      all: false,
      nextTotal: 2 ** -70 + 2 ** -71,
    });
    expect(buckets.rank(2)).toBe(2 ** -71);
  });
});

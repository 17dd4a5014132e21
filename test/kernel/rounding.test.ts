import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classSums } from '../../src/kernel/reference/class-sums.ts';
import { summationError, UNIT_ROUNDOFF } from '../../src/kernel/rounding.ts';
import { randomFrom, units } from '../support/brute-force/label-changes.ts';

const exactly = (values: readonly number[]) => values.reduce((sum, value) => sum + units(value), 0n);
const size = (amount: bigint) => (amount < 0n ? -amount : amount);

/** Sums in a random order of additions (a random tree), as bucketed sums do. */
function sumByTree(values: readonly number[], random: () => number): number {
  const heap = [...values];
  while (heap.length > 1) {
    const [first] = heap.splice(Math.floor(random() * heap.length), 1);
    const at = Math.floor(random() * heap.length);
    heap[at] = heap[at]! + first!;
  }
  return heap[0]!;
}

const wide = fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.integer({ min: -60, max: 60 }));
const sources = fc.oneof(
  wide.map(([value, power]) => value * 2 ** power),
  fc.double({ min: -1, max: 1, noNaN: true }),
  fc.constantFrom(1e16, -1e16, 1, 1e-16, 0.1, -0.1),
  fc.integer({ min: -40, max: 40 }).map((k) => k * 2 ** -1074),
  fc.integer({ min: -(2 ** 52), max: 2 ** 52 }).map((k) => k * 2 ** -1073),
);

describe('summationError', () => {
  it('bounds the error of a sum in any order', () => {
    fc.assert(
      fc.property(fc.array(sources, { minLength: 1, maxLength: 200 }), fc.nat(), (values, seed) => {
        const magnitude = values.reduce((sum, value) => sum + Math.abs(value), 0);
        const bound = units(summationError(values.length, magnitude));
        const exact = exactly(values);
        const inOrder = values.reduce((sum, value) => sum + value, 0);
        expect(size(units(inOrder) - exact)).toBeLessThanOrEqual(bound);
        expect(size(units(sumByTree(values, randomFrom(seed))) - exact)).toBeLessThanOrEqual(bound);
      }),
      { seed: 21, numRuns: 600 },
    );
  });

  it('bounds the sum that rounds the same way at every step', () => {
    // each addition of u loses all of it: the largest relative error that n additions to 1 can have
    const values = [1, ...new Array<number>(10_000).fill(UNIT_ROUNDOFF)];
    const sum = values.reduce((total, value) => total + value);
    expect(sum).toBe(1);
    const error = size(units(sum) - exactly(values));
    expect(error).toBe(units(10_000 * UNIT_ROUNDOFF));
    expect(error).toBeLessThanOrEqual(units(summationError(values.length, sum)));
  });
});

describe('classSums', () => {
  it('gives per class a sum and a magnitude that bound the exact sum', () => {
    const rows = fc.array(fc.tuple(sources, fc.integer({ min: 0, max: 2 })), { maxLength: 200 });
    fc.assert(
      fc.property(rows, (pairs) => {
        const sums = new Float64Array(3).fill(Number.NaN); // what was there before is overwritten
        const magnitudes = new Float64Array(3).fill(Number.NaN);
        const alpha = Float64Array.from(pairs, ([value]) => value);
        const labels = Int32Array.from(pairs, ([, label]) => label);
        classSums(alpha, labels, sums, magnitudes);
        for (let label = 0; label < 3; label++) {
          const own = pairs.filter((pair) => pair[1] === label).map(([value]) => value);
          const bound = units(summationError(own.length, magnitudes[label]!));
          expect(size(units(sums[label]!) - exactly(own))).toBeLessThanOrEqual(bound);
          const exactMagnitude = exactly(own.map(Math.abs));
          expect(size(units(magnitudes[label]!) - exactMagnitude)).toBeLessThanOrEqual(bound);
        }
      }),
      { seed: 22, numRuns: 300 },
    );
  });
});

import { expect, it } from 'vitest';
import { wholeRows } from '../../src/kernel/memory/feature-rows.ts';
import { contributionsTo, offsetOf, type Ridge } from '../../src/ridge/ridge.ts';

/*
 * Four training rows with means (1, 1/2), and lambda = 8:
 *
 *   row   features      less the means    X'X = 8 I, M = X'X + 8 I = 16 I = L L' with L = 4 I
 *    0     3    1/2        2   0
 *    1    -1    1/2       -2   0          the query h = (5, 7/2), less the means (4, 3)
 *    2     1    5/2        0   2          u = M^-1 (4, 3) = (1/4, 3/16)
 *    3     1   -3/2        0  -2
 *
 *   alpha = (row less the means) . u + 1/4
 *    0     1/2 + 1/4 = 3/4
 *    1    -1/2 + 1/4 = -1/4
 *    2     3/8 + 1/4 = 5/8
 *    3    -3/8 + 1/4 = -1/8               they add up to 1; to 0 without an intercept, 1/4 less each
 *
 * The means are taken off in the product: alpha = row . u + offset, offset = 1/4 - (1, 1/2) . u = -3/32.
 */
const features = Float32Array.of(3, 1 / 2, -1, 1 / 2, 1, 5 / 2, 1, -3 / 2);
const ridge: Ridge = {
  features: wholeRows(features, 2),
  means: Float64Array.of(1, 1 / 2),
  factor: Float64Array.of(4, 0, 4), // the lower triangle of L
  intercept: true,
  rows: 4,
};

function contributionsOf(changes: Partial<Ridge>, ...query: number[]) {
  const [alpha, direction] = [new Float64Array(4), new Float64Array(2)];
  contributionsTo(Float32Array.from(query), { ...ridge, ...changes }, direction, alpha);
  return [...alpha];
}

it('a contribution is the product of the row with M^-1 h, plus 1/n with an intercept', () => {
  expect(contributionsOf({}, 5, 7 / 2)).toEqual([3 / 4, -1 / 4, 5 / 8, -1 / 8]);
  expect(contributionsOf({ intercept: false }, 5, 7 / 2)).toEqual([1 / 2, -1 / 2, 3 / 8, -3 / 8]);
});

it('means and intercept are one offset for all rows', () => {
  expect(offsetOf(ridge, Float64Array.of(1 / 4, 3 / 16))).toBe(-3 / 32);
});

it('rows in several shards contribute as in one', () => {
  const shards = [features.subarray(0, 6), features.subarray(6)];
  const sharded = { rows: 4, columns: 2, rowsPerShard: 3, shards };
  expect(contributionsOf({ features: sharded }, 5, 7 / 2)).toEqual([3 / 4, -1 / 4, 5 / 8, -1 / 8]);
});

it('at the means every row has the same share, 1/n: the scores are the shares of the classes', () => {
  expect(contributionsOf({}, 1, 1 / 2)).toEqual([1 / 4, 1 / 4, 1 / 4, 1 / 4]);
});

it('a query that is not a number has no contributions that are', () => {
  expect(contributionsOf({}, Number.NaN, 7 / 2)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
});

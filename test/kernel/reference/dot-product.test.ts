import { expect, it } from 'vitest';
import { dotProduct } from '../../../src/kernel/reference/dot-product.ts';

const product = (features: number[], start: number, direction: number[], from: number, columns: number) =>
  dotProduct(Float32Array.from(features), start, Float64Array.from(direction), from, columns);

/*
 * Three training rows of two columns one after the other, and two directions:
 *
 *   row   features   at        direction     at    product with row 1
 *    0     3   0.5    0         1    1        0    -1 + 2    = 1
 *    1    -1   2      2         0.5 -0.25     2    -0.5 - 0.5 = -1
 *    2     0   4      4
 */
it('is the product of one row with one direction, each from its place on', () => {
  const [features, directions] = [
    [3, 0.5, -1, 2, 0, 4],
    [1, 1, 0.5, -0.25],
  ];
  expect(product(features, 2, directions, 0, 2)).toBe(1);
  expect(product(features, 2, directions, 2, 2)).toBe(-1);
});

it('every column counts, eight at a time and the rest', () => {
  const upTo = (last: number) => Array.from({ length: last }, (_, k) => k + 1);
  expect(product([99, ...upTo(14)], 1, [99, 99, ...upTo(14)], 2, 14)).toBe(1015); // 1 + 4 + 9 + .. + 196
  expect(product([], 0, [], 0, 0)).toBe(0);
});

/*
 * The order of additions, N = 2^53, beside which doubles lose a 1. Eight lanes by k mod 8,
 * 4 to 7 added to 0 to 3:
 *
 *   k            0   1   2   3   4   5   6   7       lanes 0 + 4 = 0, 1 + 5 = 2, which makes 2;
 *   direction    N   1   0   0  -N   1   0   0       one by one it is N + 1 = N, N - N = 0, 0 + 1 = 1
 *
 * A ninth column is added last: with N - N at the places 0 and 8, (N + 1) - N = 0.
 */
it('the order of additions is eight lanes, then the rest', () => {
  const N = 2 ** 53;
  expect(product(new Array(8).fill(1), 0, [N, 1, 0, 0, -N, 1, 0, 0], 0, 8)).toBe(2);
  expect(product(new Array(9).fill(1), 0, [N, 1, 0, 0, 0, 0, 0, 0, -N], 0, 9)).toBe(0);
  // lanes 0 and 2 meet, and 1 and 3: (N - N) + (1 + 1), where pairs of neighbours would lose a 1
  expect(product(new Array(8).fill(1), 0, [N, 1, -N, 1, 0, 0, 0, 0], 0, 8)).toBe(2);
});

it('features are single precision numbers, products and sums double', () => {
  expect(product([0.1], 0, [3], 0, 1)).toBe(Math.fround(0.1) * 3);
  expect(product([1, 1], 0, [1, 2 ** -52], 0, 2)).toBe(1 + 2 ** -52);
  expect(product([0], 0, [Number.POSITIVE_INFINITY], 0, 1)).toBeNaN();
});

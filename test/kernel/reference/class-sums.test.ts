import { expect, it } from 'vitest';
import { classSums } from '../../../src/kernel/reference/class-sums.ts';

function summed(alpha: number[], labels: number[], classes: number) {
  const sums = new Float64Array(classes).fill(9); // what was there before does not count
  const magnitudes = new Float64Array(classes).fill(9);
  classSums(Float64Array.from(alpha), Int32Array.from(labels), sums, magnitudes);
  return { sums: [...sums], magnitudes: [...magnitudes] };
}

/*
 * Five training rows of three classes:
 *
 *   row   alpha   label      class   sum                        sum of |alpha|
 *    0     1.5      0          0     1.5 - 0.25 + 0.5 = 1.75    2.25
 *    1    -2        1          1     -2 + 4 = 2                 6
 *    2    -0.25     0          2     no row: 0                  0
 *    3     4        1
 *    4     0.5      0
 */
it('the score of a class is the sum of its contributions, and its magnitude that of their sizes', () => {
  expect(summed([1.5, -2, -0.25, 4, 0.5], [0, 1, 0, 1, 0], 3)).toEqual({
    sums: [1.75, 2, 0],
    magnitudes: [2.25, 6, 0],
  });
});

/*
 * The order of additions, N = 2^53, beside which doubles lose a 1. One by one N + 1 - N + 1 is 1. Lanes by
 * row mod 4 keep the rows apart; then lanes 0 and 2 are added, 1 and 3, and these two: (N - N) + (1 + 1) = 2.
 */
it('the order of additions is four lanes, 0 with 2 and 1 with 3', () => {
  const N = 2 ** 53;
  expect(summed([N, 1, -N, 1], [0, 0, 0, 0], 1).sums).toEqual([2]);
  expect(summed([N, -N, 1, 1], [0, 0, 0, 0], 1).sums).toEqual([1]); // (N + 1 = N) + (-N + 1 = 1 - N)
  expect(summed([N, 0, 1, 0, -N], [0, 0, 0, 0, 0], 1).sums).toEqual([1]); // row 4 is in the lane of row 0
});

it('NaN stays in its class, and arrays that do not belong together are refused', () => {
  expect(summed([Number.NaN, 1], [0, 1], 2)).toEqual({ sums: [Number.NaN, 1], magnitudes: [Number.NaN, 1] });
  expect(() => summed([1, 2], [0], 1)).toThrow(RangeError);
});

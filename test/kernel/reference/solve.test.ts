import { expect, it } from 'vitest';
import { solve } from '../../../src/kernel/reference/solve.ts';

function solved(factor: number[], vectors: number[], queries = 1): number[] {
  const u = Float64Array.from(vectors);
  solve(Float64Array.from(factor), u, queries);
  return [...u];
}

/*
 * L = [ 2  0 ]   packed 2 1 2     M = L L' = [ 4  2 ]     M u = (8, 12):
 *     [ 1  2 ]                               [ 2  5 ]
 *
 *   forward, L v = h      v_0 = 8/2 = 4         v_1 = (12 - 1 x 4)/2 = 4
 *   backward, L' u = v    u_1 = 4/2 = 2         u_0 = (4 - 1 x 2)/2 = 1
 *
 * Check: 4 x 1 + 2 x 2 = 8 and 2 x 1 + 5 x 2 = 12. Likewise M (1, 0) = (4, 2).
 */
it('solves forward, then backward', () => {
  expect(solved([2, 1, 2], [8, 12])).toEqual([1, 2]);
});

it('solves several queries, each on its own: NaN in one is not in another', () => {
  expect(solved([2, 1, 2], [8, 12, 4, 2], 2)).toEqual([1, 2, 1, 0]);
  expect(solved([2, 1, 2], [Number.NaN, 12, 4, 2], 2)).toEqual([Number.NaN, Number.NaN, 1, 0]);
});

/*
 * Six columns, since the first four are summed in two lanes and the rest one by one. L has 1 everywhere, so
 * forward takes differences of neighbours, v_j = h_j - h_(j-1), and so does backward, u_j = v_j - v_(j+1).
 *
 *   h    1   3   6  10  15  21
 *   v    1   2   3   4   5   6
 *   u   -1  -1  -1  -1  -1   6
 */
it('every column counts', () => {
  expect(solved(new Array(21).fill(1), [1, 3, 6, 10, 15, 21])).toEqual([-1, -1, -1, -1, -1, 6]);
});

it('a factor of another size is refused, and a block without queries', () => {
  expect(() => solved([2, 1, 2], [8, 12, 4])).toThrow(RangeError); // three columns take six entries
  expect(() => solved([2, 1, 2], [8, 12], 0)).toThrow(RangeError);
});

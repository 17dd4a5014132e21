import { expect, it } from 'vitest';
import { RowGram } from '../../src/ridge/row-gram.ts';

/*
 * Three training rows with means (1, 1/2):
 *
 *   row   features      less the means     X X', products of rows:     4  -2  -2
 *    0     3    1/2        2   0                                           5  -3
 *    1     0    5/2       -1   2                                               5
 *    2     0   -3/2       -1  -2
 *
 * The trace is 4 + 5 + 5 = 14, that of X'X too: (4 + 1 + 1) + (0 + 4 + 4). Below the diagonal it stays 0.
 */
const features = Float32Array.of(3, 1 / 2, 0, 5 / 2, 0, -3 / 2);
const means = Float64Array.of(1, 1 / 2);

it('the entries are products of rows less the means, above the diagonal', () => {
  const gram = new RowGram(features, means);
  gram.add(0, 3);
  expect([...gram.values]).toEqual([4, -2, -2, 0, 5, -3, 0, 0, 5]);
  expect([gram.size, gram.width, gram.trace()]).toEqual([3, 2, 14]);
});

it('the rows of the matrix come in blocks, in any order', () => {
  const gram = new RowGram(features, means);
  gram.add(1, 3);
  expect([...gram.values]).toEqual([0, 0, 0, 0, 5, -3, 0, 0, 5]);
  gram.add(0, 1);
  expect([...gram.values]).toEqual([4, -2, -2, 0, 5, -3, 0, 0, 5]);
});

it('every feature counts, four at a time and the rest', () => {
  // the one row 1 2 .. 9 without means: 1 + 4 + 9 + .. + 81 = 285
  const gram = new RowGram(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), new Float64Array(9));
  gram.add(0, 1);
  expect([...gram.values]).toEqual([285]);
});

it('the features given stay as they are', () => {
  const own = features.slice();
  new RowGram(own, means).add(0, 3);
  expect(own).toEqual(features);
});

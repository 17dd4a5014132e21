import { expect, it } from 'vitest';
import { cellFlips, cellMoments } from '../../src/certify/cell-moments.ts';
import { contest } from '../../src/certify/contest.ts';
import { labelNoise, momentCoefficients } from '../../src/certify/label-noise.ts';

/*
 * Label noise q = 1/4, argmax, class 0 against class 1. Three rows in two cells, at t = log 2, e^t = 2:
 *
 *   cell   rows   mean   label   M_0 = 3/4 e^-ta + 1/4 e^ta    flipped: M_1 = 1/4 e^-ta + 3/4 e^ta    e^gain
 *    0      2      1       0       3/8  + 1/2 =  7/8             1/8  + 3/2 = 13/8                      13/7
 *    1      1      2       0       3/16 + 1   = 19/16            1/16 + 3   = 49/16                     49/19
 *
 * A row's slope is M'/M, its curvature M''/M - (M'/M)^2, with M' = a (1/4 e^ta - 3/4 e^-ta), M'' = a^2 M:
 *
 *   cell 0: M' = 1/2 - 3/8 = 1/8,            slope 1/7,    curvature 1 - 1/49
 *   cell 1: M' = 2 (1 - 3/16) = 26/16,       slope 26/19,  curvature 4 - (26/19)^2
 */
const cells = {
  rows: Float64Array.of(2, 1),
  means: Float64Array.of(1, 2),
  labels: Int32Array.of(0, 0),
  targets: Int32Array.of(1, 1),
};
const coefficients = momentCoefficients(labelNoise(0.25, 2), contest(0, 1, 2, { kind: 'argmax' }));
const t = Math.LN2;

it('L(t) and its derivatives count every row of a cell at its mean, and take off the constant', () => {
  const moments = cellMoments(cells, coefficients, 3);
  moments(1); // leaves nothing behind
  const { value, slope, curvature } = moments(t);
  expect(value).toBeCloseTo(2 * Math.log(7 / 8) + Math.log(19 / 16) - 3 * Math.log(2), 12);
  expect(slope).toBeCloseTo(2 / 7 + 26 / 19 - 3, 12);
  expect(curvature).toBeCloseTo(2 * (48 / 49) + 4 - (26 / 19) ** 2, 12);
});

it('a negative mean is a positive one with the labels exchanged', () => {
  const mirrored = { ...cells, means: Float64Array.of(-1, -2), labels: Int32Array.of(1, 1) };
  expect({ ...cellMoments(mirrored, coefficients, 3)(t) }).toEqual({
    ...cellMoments(cells, coefficients, 3)(t),
  });
});

/*
 * Flips that keep e^L below 1/2. With the constant 3, e^-3t = 1/8 and e^L = 1/8 x (7/8)^2 x 19/16 = 0.114.
 * It may grow by the factor 4 x 64/49 x 16/19 = 4.40. The gain 49/19 = 2.58 of the second cell goes first. So
 * 4.40 / 2.58 = 1.706 is left, less than the gain 13/7 = 1.857: log 1.706 / log 1.857 = 0.863 of it.
 */
const ROOM = 4 * (64 / 49) * (16 / 19);

it('counts flips from the largest gain down, the last one in part', () => {
  const flips = cellFlips(cells, coefficients, 3)(t);
  expect(flips).toBeCloseTo(1 + Math.log((ROOM * 19) / 49) / Math.log(13 / 7), 12);
  expect(flips).toBeCloseTo(1.863, 3);
});

it('adds the room that is left over where no gain can use it, and is negative where there is none', () => {
  const held = { ...cells, targets: Int32Array.of(0, 1) }; // the two rows of cell 0 are out of reach
  expect(cellFlips(held, coefficients, 3)(t)).toBeCloseTo(1 + Math.log((ROOM * 19) / 49), 12);
  // without a constant e^L = 0.91 is above 1/2 by the factor 8 / ROOM
  expect(cellFlips(cells, coefficients, 0)(t)).toBeCloseTo(Math.log(ROOM / 8), 12);
});

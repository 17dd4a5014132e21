import { expect, it } from 'vitest';
import { type AffineScores, affineLead, leadAt } from '../../src/certify/affine.ts';
import { contest } from '../../src/certify/contest.ts';

/*
 * Four training rows with means (1, 1/2), lambda = 8 and an intercept:
 *
 *   row   features      less the means   label
 *    0     3    1/2        2   0           0       X'X + 8 I = 16 I, so theta_c is the sum of the rows
 *    1    -1    1/2       -2   0           1       of class c over 16, and the intercept is n_c / 4:
 *    2     1    5/2        0   2           0         s_0 = 1/2 + ( 1/8,  1/8) . (h - means)
 *    3     1   -3/2        0  -2           2         s_1 = 1/4 + (-1/8,    0) . (h - means)
 *                                                    s_2 = 1/4 + (   0, -1/8) . (h - means)
 * At h = (5, 7/2), h - means = (4, 3), 5 long: s = 11/8, -1/4 and -1/8. Class 0 leads class 1 by 13/8:
 *
 *   D = 1/4 + (1/4, 1/8) . (h - means) = 1/4 + 1 + 3/8
 */
const scores: AffineScores = {
  theta: Float64Array.of(1 / 8, 1 / 8, -1 / 8, 0, 0, -1 / 8),
  intercepts: Float64Array.of(1 / 2, 1 / 4, 1 / 4),
  means: Float64Array.of(1, 1 / 2),
  served: null,
};
const h = Float32Array.of(5, 7 / 2);
const match = contest(0, 1, 3, { kind: 'argmax' });

it('the lead is the difference of two affine scores', () => {
  const { slope, constant, strict } = affineLead(scores, match);
  expect({ slope, constant, strict }).toEqual({
    slope: Float64Array.of(1 / 4, 1 / 8),
    constant: 1 / 4,
    strict: false,
  });
  expect(leadAt(affineLead(scores, match), h).value).toBe(13 / 8);
});

it('a threshold is taken off the one score that counts', () => {
  // two of the classes, class 1 predicted since s_1 = -1/4 reaches -1/2: D = s_1 + 1/2
  const two = { ...scores, theta: scores.theta.subarray(0, 4), intercepts: scores.intercepts.subarray(0, 2) };
  const lead = affineLead(two, contest(1, 0, 2, { kind: 'threshold', value: -1 / 2, positive: 1 }));
  expect([...lead.slope, lead.constant]).toEqual([-1 / 8, 0, 3 / 4]);
  expect(leadAt(lead, h).value).toBe(1 / 4);
});

it('its error has a part for rounding, and one for the scores that are served', () => {
  // rounding: 2 (d + 6) u sum|terms| = 16 u x 13/8 = 26 u, u = 2^-53
  expect(leadAt(affineLead(scores, match), h).error).toBe(26 * 2 ** -53);
  // served: fixed for two classes and their distances, 2 x 2^-9 + (2^-10 + 2^-9) x 5 = 19/1024
  const served = {
    perDistance: Float64Array.of(2 ** -10, 2 ** -9, 1),
    scales: Float64Array.of(1, 1, 1),
    fixed: 2 ** -9,
  };
  const { error } = leadAt(affineLead({ ...scores, served }, match), h);
  expect(error).toBe(19 / 1024 + 26 * 2 ** -53);
});

it('where nothing is known of the scores that are served the lead is worth nothing, but at the means', () => {
  const served = {
    perDistance: Float64Array.of(Number.POSITIVE_INFINITY, 0, 0),
    scales: Float64Array.of(1, 1, 1),
    fixed: 0,
  };
  const lead = affineLead({ ...scores, served }, match);
  expect(leadAt(lead, h).error).toBe(Number.POSITIVE_INFINITY);
  // at the means the rounding of 1/4 is left: 16 u x 1/4
  expect(leadAt(lead, Float32Array.of(1, 1 / 2))).toEqual({ value: 1 / 4, error: 4 * 2 ** -53 });
});

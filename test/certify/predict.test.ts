import { expect, it } from 'vitest';
import { contest, type DecisionRule } from '../../src/certify/contest.ts';
import { exactLead, lead, predict } from '../../src/certify/predict.ts';
import { queryOf } from '../support/brute-force/reference.ts';

const argmax: DecisionRule = { kind: 'argmax' };

function predicted(alpha: number[], labels: number[], classes: number, rule = argmax): number {
  const query = queryOf(alpha, labels, classes);
  return predict(query.alpha, query.labels, query.scores, rule);
}

/*
 * Four training rows of three classes:
 *
 *   row   alpha   label
 *    0     1.5      0       scores: s_0 = 1.5 + 0.5 = 2
 *    1     2        1               s_1 = 2
 *    2     0.5      0               s_2 = -1
 *    3    -1        2
 *
 * A fifth row with alpha 4 makes its class win, s = 6, 6 or 3; without it classes 0 and 1 tie.
 */
const alpha = [1.5, 2, 0.5, -1];
const labels = [0, 1, 0, 2];

it('predicts the class with the largest score', () => {
  for (const label of [0, 1, 2]) expect(predicted([...alpha, 4], [...labels, label], 3)).toBe(label);
});

it('gives a tie to the smaller class', () => {
  expect(predicted(alpha, labels, 3)).toBe(0);
  expect(predicted(alpha, [1, 2, 1, 0], 3)).toBe(1); // scores -1, 2, 2
});

it('takes a score at the threshold as reaching it, and one below by the last bit not', () => {
  // the first three rows: s_1 = 2, and the next double is 2 + 2^-51
  const under = (value: number) =>
    predicted(alpha.slice(0, 3), [0, 1, 0], 2, { kind: 'threshold', value, positive: 1 });
  expect([under(2), under(2 + 2 ** -51)]).toEqual([1, 0]);
});

it('refuses scores that are not finite', () => {
  expect(() => predicted([...alpha, Number.NaN], [...labels, 0], 3)).toThrow(RangeError);
  expect(() => predicted([1.5e308, 1.5e308], [0, 0], 2)).toThrow(RangeError); // their sum overflows
});

/*
 * Five rows that doubles add up to the wrong winner. Beyond N = 2^53 doubles are the even numbers only.
 *
 *   row   alpha   label
 *    0    N         0       s_0 = N + 3      as doubles N + 4: N + 3 lies halfway from N + 2 to N + 4
 *    1    3         0
 *    2    N + 2     1       s_1 = N + 3.5    as doubles N + 2: beside it each 0.75 is lost
 *    3    0.75      1
 *    4    0.75      1
 *
 * So the lead of class 0 is 2 as computed, and -0.5 in truth. The bound on its error is 2 terms u sum|alpha|
 * with terms = 5 rows + 2 classes + 1 = 8, u = 1/N and a sum|alpha| of nearly 2 N: 32. The lead is not beyond
 * that, so it is summed again, exactly.
 */
it('a lead within its rounding error is decided by its exact sum', () => {
  const N = 2 ** 53;
  const rows = [N, 3, N + 2, 0.75, 0.75];
  const query = queryOf(rows, [0, 0, 1, 1, 1], 2);
  const match = contest(0, 1, 2, argmax);
  const { value, error } = lead(query.scores, 5, match);
  expect(value).toBe(2);
  expect(error).toBeCloseTo(32, 9);
  expect(exactLead(query.alpha, query.labels, match).sign()).toBe(-1);
  expect(predicted(rows, [0, 0, 1, 1, 1], 2)).toBe(1);
});

import { describe, expect, it } from 'vitest';
import { type Contest, contest, contestsFor, type DecisionRule } from '../../src/certify/contest.ts';

/*
 * Four training rows of three classes:
 *
 *   row   alpha   label
 *    0     4        1       scores: s_0 = 2.5
 *    1     2.5      0               s_1 = 4
 *    2     1        2               s_2 = 1 - 0.5 = 0.5
 *    3    -0.5      2
 *
 * Under argmax class 1 is predicted, so it has two contests to win:
 *
 *   rival   weights of the classes   lead D = sum of weight x alpha
 *     0          -1  1  0            4 - 2.5 + 0 + 0     = 1.5 = s_1 - s_0
 *     2           0  1 -1            4 + 0   - 1 + 0.5   = 3.5 = s_1 - s_2
 */
const alpha = [4, 2.5, 1, -0.5];
const labels = [1, 0, 2, 2];
const argmax: DecisionRule = { kind: 'argmax' };

const leadIn = (match: Contest, of = labels) =>
  alpha.reduce((lead, value, row) => lead + match.weights[of[row]!]! * value, match.constant);

describe('contests under argmax', () => {
  it('are one for each rival, with +1 for the predicted class and -1 for the rival', () => {
    expect(contestsFor(1, 3, argmax)).toEqual([
      { rival: 0, weights: Float64Array.of(-1, 1, 0), constant: 0, strict: true },
      { rival: 2, weights: Float64Array.of(0, 1, -1), constant: 0, strict: false },
    ]);
  });

  it('have the difference of two scores as their lead', () => {
    expect(contestsFor(1, 3, argmax).map((match) => leadIn(match))).toEqual([1.5, 3.5]);
  });

  it('need a positive lead over a smaller class only: a tie goes to the smaller class', () => {
    // Against class 0 a lead of exactly 0 is lost, and class 0 stands with the same tie.
    expect([contest(1, 0, 3, argmax).strict, contest(0, 1, 3, argmax).strict]).toEqual([true, false]);
  });
});

/*
 * The same contributions with two classes, labels 1, 0, 0, 1, and the threshold 3.5 for class 1: s_1 is
 * 4 - 0.5 = 3.5. D is s_1 - 3.5 = 0 where class 1 is predicted, and 3.5 - s_1 = 0 where it is not.
 */
describe('the contest under a threshold', () => {
  const rule: DecisionRule = { kind: 'threshold', value: 3.5, positive: 1 };
  const above = contest(1, 0, 2, rule);
  const below = contest(0, 1, 2, rule);

  it('compares the score of the positive class with the threshold, from either side', () => {
    expect(above).toMatchObject({ rival: 0, weights: Float64Array.of(0, 1), constant: -3.5 });
    expect(below).toMatchObject({ rival: 1, weights: Float64Array.of(0, -1), constant: 3.5 });
    expect([leadIn(above, [1, 0, 0, 1]), leadIn(below, [1, 0, 0, 1])]).toEqual([0, 0]);
    expect([leadIn(above, [1, 1, 0, 1]), leadIn(below, [1, 1, 0, 1])]).toEqual([2.5, -2.5]);
  });

  it('is won by the positive class at a lead of 0: a score at the threshold reaches it', () => {
    expect([above.strict, below.strict]).toEqual([false, true]);
  });

  it('weighs the positive class also where that is class 0', () => {
    expect(contest(1, 0, 2, { ...rule, positive: 0 }).weights).toEqual(Float64Array.of(-1, 0));
  });
});

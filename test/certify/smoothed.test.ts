import { expect, it } from 'vitest';
import type { DecisionRule } from '../../src/certify/contest.ts';
import { labelNoise } from '../../src/certify/label-noise.ts';
import { ANY_LABEL } from '../../src/certify/threat.ts';
import { certifySmoothed, queryOf } from '../support/brute-force/reference.ts';

/** Two classes, q = 1/4: a label is kept with probability 3/4. */
function certified(alpha: number[], labels: number[], rule: DecisionRule, threat = ANY_LABEL) {
  return certifySmoothed(queryOf(alpha, labels, 2), rule, labelNoise(0.25, 2), threat);
}
const threshold = (value: number): DecisionRule => ({ kind: 'threshold', value, positive: 1 });

/*
 * Three rows with alpha = 1 and label 1, threshold 1/4 for class 1: it fails where all rows show 0.
 *
 *   flips   P(failure)                    Chernoff, x = e^-t: x^(-1/4) ((1 + 3x) / 4)^3
 *     0     1/4 x 1/4 x 1/4 =  1/64       is least at x = 1/33, where it is
 *     1     3/4 x 1/4 x 1/4 =  3/64       b = 33^(1/4) (3/11)^3 = 0.0486 >= 1/64
 *     2     3/4 x 3/4 x 1/4 =  9/64       log b = -3.024, log(1 - b) = -0.050
 *     3     3/4 x 3/4 x 3/4 = 27/64
 *
 *   proof                                                                                       flips
 *   Kullback-Leibler   -(log 4 + log b + log(1 - b)) / (2 kappa), kappa = log(3) / 2, is 1.54     1
 *   Neyman-Pearson     b_1 = 1/2 x 1/3, b_2 = 1/2 x 1/9 = 0.056 > b > b_3 = 1/24 = 0.042          2
 *   linear             a flip puts (3 + x) / 4 for (1 + 3x) / 4. Two flips, at x = 1/16:          2
 *                      2 x 19/64 x 49/64 x 49/64 = 0.348. Three, at the best x = 3/11: 0.758
 *
 * Two flips are proved, by the more general of the proofs that say so. In truth the third is survived too.
 */
it('the smoothed certificate is the best of three proofs, from a bound above P(failure)', () => {
  const { logFailure, ...proved } = certified([1, 1, 1], [1, 1, 1], threshold(0.25))!;
  expect(Math.exp(logFailure)).toBeCloseTo(33 ** 0.25 * (3 / 11) ** 3, 10);
  expect(Math.exp(logFailure)).toBeGreaterThanOrEqual(1 / 64);
  const flips = { flips: 2, klFlips: 1, neymanPearsonFlips: 2, linearFlips: 2 };
  expect(proved).toEqual({ prediction: 1, by: 'neyman-pearson', ...flips });
});

/*
 * alpha = 2, 1, 1, labels 1, threshold 1: class 1 fails where row 0 shows 0 and one of the others does.
 *
 *   flipped    P(failure)                    Chernoff, at its best x
 *   none       1/4 x (1 - 9/16)  =  7/64     0.224 > b_1 = 1/6: the proofs that know of no rows have no flip
 *   row 0      3/4 x (1 - 9/16)  = 21/64     0.581: not proved, so no flip of any row is
 *   row 1      1/4 x (1 - 3/16)  = 13/64     0.415: proved, and the worst flip once row 0 is out of reach
 *   rows 1, 2  1/4 x (1 - 1/16)  = 15/64     0.664: not proved
 */
it('only the linear proof profits from a threat model', () => {
  const reachable = { attackable: Uint8Array.of(0, 1, 1), transitions: null };
  const none = { klFlips: 0, neymanPearsonFlips: 0, linearFlips: 0, flips: 0, by: 'kl' };
  const one = { ...none, linearFlips: 1, flips: 1, by: 'linear' };
  expect(certified([2, 1, 1], [1, 1, 1], threshold(1))).toMatchObject(none);
  expect(certified([2, 1, 1], [1, 1, 1], threshold(1), reachable)).toMatchObject(one);
});

it('gives the same for contributions and threshold times any power of two', () => {
  const atScale = (scale: number) => {
    const [ones, fives] = [3, 5].map((rows) => new Array<number>(rows).fill(scale));
    return [
      certified(ones!, [1, 1, 1], threshold(scale / 4)),
      certified(fives!, [0, 0, 0, 0, 0], { kind: 'argmax' }),
      certified([scale, scale, scale], [1, 1, 0], threshold(-scale / 2)),
    ];
  };
  const plain = atScale(1);
  expect(plain.map((one) => one?.flips)).toEqual([2, 0, 3]);
  for (const exponent of [-1070, -900, -600, -300, 300, 600, 900]) {
    expect(atScale(2 ** exponent), `2^${exponent}`).toEqual(plain);
  }
});

it('names the proof that reached the number also where that is all rows that may be flipped', () => {
  // of row 1 alone one flip is proved above, by the linear certificate only; there are no more
  const row1 = { attackable: Uint8Array.of(0, 1, 0), transitions: null };
  const all = { flips: 1, klFlips: 0, neymanPearsonFlips: 0, linearFlips: 1, by: 'linear' };
  expect(certified([2, 1, 1], [1, 1, 1], threshold(1), row1)).toMatchObject(all);
});

/*
 * argmax, alpha = 1, all labels 0: three rows fail where two or more flip, 3 x 3/64 + 1/64 = 10/64. But M is
 * at least sqrt(3)/2, where e^2t = 3, so b = (3/4)^(3/2) = 0.65. Five rows have b = (3/4)^(5/2) = 0.487.
 */
it('abstains where the bound is not below 1/2, and when a contribution is NaN', () => {
  const argmax: DecisionRule = { kind: 'argmax' };
  expect(certified([1, 1, 1], [0, 0, 0], argmax)).toBeNull();
  expect(certified([1, 1, 1, 1, 1], [0, 0, 0, 0, 0], argmax)).toMatchObject({ prediction: 0, flips: 0 });
  expect(certified([1, 1, Number.NaN], [1, 1, 1], threshold(0.25))).toBeNull();
});

it('survives every flip where no labels can fail it: all labels 0 leave the score 0, above -1/2', () => {
  const certain = { prediction: 1, flips: 3, logFailure: Number.NEGATIVE_INFINITY };
  expect(certified([1, 1, 1], [1, 1, 0], threshold(-0.5))).toMatchObject(certain);
});

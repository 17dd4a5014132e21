import { expect, it } from 'vitest';
import type { DecisionRule } from '../../src/certify/contest.ts';
import { breakingSet } from '../../src/certify/exact.ts';
import { ANY_LABEL } from '../../src/certify/threat.ts';
import { GainBuckets } from '../../src/kernel/gain-buckets.ts';
import { certifyExactly, queryOf } from '../support/brute-force/reference.ts';

const argmax: DecisionRule = { kind: 'argmax' };

function certified(alpha: number[], labels: number[], classes: number, rule = argmax, threat = ANY_LABEL) {
  const query = queryOf(alpha, labels, classes);
  const certificate = certifyExactly(query, rule, threat);
  const attack = breakingSet(query, certificate, threat, new GainBuckets(alpha.length));
  const { weakest, ...proved } = certificate;
  return { ...proved, rival: weakest?.rival, attack };
}

/*
 * Two classes; class 1 is predicted with the lead D = s_1 - s_0 = 3.5 - (-1) = 4.5.
 *
 *   row   alpha   label   gain: what the other label takes from D
 *    0     2        1       4    s_1 loses 2 and s_0 wins it
 *    1    -1.5      0       3    s_0 loses its -1.5 and s_1 gets it
 *    2     1        1       2
 *    3     0.5      1       1
 *    4     0.5      0       0    the other label would add 1
 *
 * One flip leaves 4.5 - 4 = 0.5 at least, two leave 0.5 - 3 < 0: certified is 1, and rows 0 and 1 break it.
 */
const alpha = [2, -1.5, 1, 0.5, 0.5];
const labels = [1, 0, 1, 1, 0];

it('the exact certificate counts the largest gains that the lead survives; one more breaks it', () => {
  const attack = [
    { row: 0, from: 1, to: 0 },
    { row: 1, from: 0, to: 1 },
  ];
  expect(certified(alpha, labels, 2)).toMatchObject({ prediction: 1, flips: 1, rival: 0, attack });
});

it('a lead of 0 stands for the smaller class only', () => {
  // D = 2, gains 2 and 2: one flip makes a tie
  expect(certified([1, 1], [0, 0], 2)).toMatchObject({ prediction: 0, flips: 1 });
  expect(certified([1, 1], [1, 1], 2)).toMatchObject({ prediction: 1, flips: 0 });
});

it('what no flips change is unbreakable, with all rows that may be flipped', () => {
  const stands = { prediction: 1, flips: 2, unbreakable: true, attack: null };
  // rows 3 and 4 take 1 + 0 of 4.5, the rows of class 0 3 + 0
  const lastRows = { attackable: Uint8Array.of(0, 0, 0, 1, 1), transitions: null };
  const onlyFrom0 = { attackable: null, transitions: Uint8Array.of(0, 1, 0, 0) };
  expect(certified(alpha, labels, 2, argmax, lastRows)).toMatchObject(stands);
  expect(certified(alpha, labels, 2, argmax, onlyFrom0)).toMatchObject(stands);
});

/*
 * The same rows with a threshold for class 1: s_1 = 3.5, and a flip moves s_1 only, so gains are half of the
 * above: 2, 1.5, 1, 0.5, 0. Two flips leave s_1 = 0, which reaches a threshold of 0, and not one of 0.25.
 */
it('a score at the threshold stands', () => {
  const rule = { kind: 'threshold', positive: 1 } as const;
  expect(certified(alpha, labels, 2, { ...rule, value: 0 }).flips).toBe(2);
  expect(certified(alpha, labels, 2, { ...rule, value: 0.25 }).flips).toBe(1);
});

/*
 * Three classes; class 0 is predicted with scores 3, 0, -1. A row of a third class gains once, not twice:
 *
 *   row   alpha   label   gain against 1   gain against 2
 *   0-2    1        0       2 each           2 each
 *    3    -1        2       1 (made 0)       2 (made 0)
 *   lead                    3, 1, -1         4, 2, 0, -2      after 0, 1, 2, 3 flips
 *
 * Class 1 wins at the second flip, class 2 at the third (0 is a tie): the least certificate, 1, counts.
 */
it('the exact certificate is the least over the rivals; of equal gains the first rows attack', () => {
  const attack = [0, 1].map((row) => ({ row, from: 0, to: 1 }));
  expect(certified([1, 1, 1, -1], [0, 0, 0, 2], 3)).toMatchObject({ flips: 1, rival: 1, attack });
});

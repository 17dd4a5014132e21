import { describe, expect, it } from 'vitest';
import type { Predicate, Threat } from '../../src/model/threat.ts';
import { threatWords } from '../../src/threat/threat-words.ts';

const is = (column: string, ...values: (string | number | boolean | null)[]): Predicate => ({
  column,
  in: values,
});
const a = is('a', 1);
const b = is('b', 2);
const c = is('c', 3);

describe('a threat model in words', () => {
  it.each<[string, Threat, number]>([
    ["Any label may be wrong, as any of these classes ('yes', 'no'): 9 of 9 rows", {}, 9],
    [
      "Only labels of rows where race is 'x' and age is below 25, and only from 'yes' to 'no', may be wrong: 4 of 9 rows",
      { rows: { and: [is('race', 'x'), { column: 'age', below: 25 }] }, transitions: [['yes', 'no']] },
      4,
    ],
    [
      "Any label may be wrong, but only from 'a' to 'b' or from 'b' to 'c': 5 of 9 rows",
      {
        transitions: [
          ['a', 'b'],
          ['b', 'c'],
        ],
      },
      5,
    ],
    [
      "Only labels of rows where a is 1 may be wrong, as any of these classes ('yes', 'no'): 0 of 9 rows, so nothing can be flipped",
      { rows: a },
      0,
    ],
    [
      'Any label may be wrong, but only by one of 6 listed changes: 9 of 9 rows',
      { transitions: [...'bcdefg'].map((to) => ['a', to] as const) },
      9,
    ],
  ])('%s', (words, threat, flippable) => {
    expect(threatWords(threat, ['yes', 'no'], { flippable, all: 9 })).toBe(words);
  });

  it.each<[string, Predicate]>([
    ['a is 1', a],
    ['a is missing', is('a', null)],
    ['a is missing', is('a', '')],
    ['a is true', is('a', true)],
    ["a is '1'", is('a', '1')],
    ["a is one of ('x', 2, missing)", is('a', 'x', 2, null)],
    ["a is not one of ('x', 'y')", { column: 'a', notIn: ['x', 'y'] }],
    ['a is not missing', { column: 'a', notIn: [null] }],
    ['a is one of 6 listed values', is('a', 1, 2, 3, 4, 5, 6)],
    ['a is not one of 6 listed values', { column: 'a', notIn: [1, 2, 3, 4, 5, 6] }],
    ['the row number is 17', { indices: [17] }],
    ['the row number is one of (3, 5)', { indices: [3, 5] }],
    ['the row number is one of 17 listed rows', { indices: Array.from({ length: 17 }, (_, k) => k) }],
    ['the row number is one of 0 listed rows', { indices: [] }],
    ["'a column' is 1", is('a column', 1)],
    [`a is "it's"`, is('a', "it's")],
    ["a is 'x or b is 2'", is('a', 'x or b is 2')],
    ['a is above 1', { column: 'a', above: 1 }],
    ['a is at least 1 and a is below 3', { column: 'a', below: 3, atLeast: 1 }],
    ['a is at most -0.5', { column: 'a', atMost: -0.5 }],
    ['a is 1 and b is 2 and c is 3', { and: [a, { and: [b, c] }] }],
    ['a is 1 or b is 2 or c is 3', { or: [{ or: [a, b] }, c] }],
    ['a is 1 and (b is 2 or c is 3)', { and: [a, { or: [b, c] }] }],
    ['(a is 1 and b is 2) or c is 3', { or: [{ and: [a, b] }, c] }],
    ['(a is at least 1 and a is below 3) or b is 2', { or: [{ column: 'a', atLeast: 1, below: 3 }, b] }],
    ['a is at least 1 and a is below 3 and b is 2', { and: [{ column: 'a', atLeast: 1, below: 3 }, b] }],
    ['a is 1 and b is 2', { and: [{ or: [a] }, { and: [{ or: [b] }] }] }],
    ['a is 1 or b is 2', { and: [{ or: [a, b] }] }],
    ['(a is 1 or b is 2) and c is 3', { and: [{ and: [{ or: [a, b] }] }, c] }],
    ['((a is 1 or b is 2) and c is 3) or a is 1', { or: [{ and: [{ or: [a, b] }, c] }, a] }],
  ])('%s', (words, rows) => {
    const stated = threatWords({ rows }, [...'abcdef'], { flippable: 1, all: 9 });
    expect(stated).toBe(
      `Only labels of rows where ${words} may be wrong, as any of the 6 classes: 1 of 9 rows`,
    );
  });
});

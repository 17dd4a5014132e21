import { expect, it } from 'vitest';
import { type Counterfactual, counterfactuals, type Move } from '../../src/certify/counterfactuals.ts';
import type { Drops, OpenLead, Slide } from '../../src/certify/free-columns.ts';

const choice = (drop: number): Drops['choice'] => ({ index: 7, drop });
/** A number at 0 that may move up to `end`, and lowers the lead by `rate` a unit. */
const slide = (end: number, rate: number): Slide => {
  return { place: 0, own: 0, near: 0, end, jump: 0, rate, drop: end * rate };
};
const leadOf = (own: number, drops: Drops[], error = 0): OpenLead => ({ own, least: 0, error, drops });

/** Columns with what becomes of them, and the distance. */
const summary = ({ changes, distance }: Counterfactual) =>
  `${changes.map((change) => `${change.column} ${(change as Move).to ?? 'chosen'}`).join(', ')}: ${distance}`;

/*
 * A lead of 2, which three free columns can lower:
 *
 *   column                            most it takes   alone
 *     0   a category                       3          its worst level turns the lead to -1: distance 0
 *     1   a number, 0 to 8, 1/2 a unit     4          moved by 4 units the lead is 0
 *     2   a category                       1          cannot turn it
 */
const drops = [
  { choice: choice(3), slide: null },
  { choice: null, slide: slide(8, 1 / 2) },
  { choice: choice(1), slide: null },
];

it('the columns that turn a lead alone, the nearest first', () => {
  const found = counterfactuals([leadOf(2, drops)], 1);
  expect(found.map(summary)).toEqual(['0 chosen: 0', '1 between: 4']);
  expect(found[0]!.changes).toEqual([{ column: 0, choice: 7 }]);
});

it('a number moves to where the prediction no longer surely stands: a lead of no more than its error', () => {
  const stands = (error: number) => counterfactuals([leadOf(2, drops, error)], 1)[1]!.stands;
  expect([3.5, 4].map(stands(0))).toEqual([true, false]); // leads of 1/4 and 0
  expect([3.25, 3.5].map(stands(1 / 4))).toEqual([true, false]); // leads of 3/8 and 1/4
});

/*
 * A lead of 5 takes two columns. 0 and 1: 5 - 3 = 2 is left to the number, 4 units. 1 and 2: 5 - 1 = 4 is all
 * of its 8 units. 0 and 2 take 4 together, too little.
 */
it('sets of columns that turn it together, and none where all of them do not', () => {
  const found = counterfactuals([leadOf(5, drops)], 2).map(summary);
  expect(found).toEqual(['0 chosen, 1 between: 4', '2 chosen, 1 between: 8']);
  expect(counterfactuals([leadOf(9, drops)], 3)).toEqual([]); // 3 + 4 + 1 = 8
});

it('of two numbers the one with more effect a unit goes first, to its end', () => {
  // 2 units at a rate of 1 take 2 from the lead 3; the other number has to take 1 at 1/2 a unit: 2 + 2 units
  const numbers = [slide(8, 1 / 2), slide(2, 1)].map((one) => ({ choice: null, slide: one }));
  expect(counterfactuals([leadOf(3, numbers)], 2).map(summary)).toEqual(['1 end, 0 between: 4']);
});

it('a number goes missing only where moving it does not do', () => {
  const column = [{ choice: choice(4), slide: slide(8, 1 / 4) }]; // moved it takes 2, missing 4
  const found = (own: number) => counterfactuals([leadOf(own, column)], 1).map(summary);
  expect(found(1)).toEqual(['0 between: 4', '0 chosen: Infinity']);
  expect(found(3)).toEqual(['0 chosen: Infinity']);
});

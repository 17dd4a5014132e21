import { expect, it } from 'vitest';
import { contest } from '../../src/certify/contest.ts';
import { contestCells } from '../../src/certify/contest-cells.ts';
import { ANY_LABEL } from '../../src/certify/threat.ts';
import { queryOf } from '../support/brute-force/reference.ts';

/*
 * Five training rows, each 64 times, of four classes; class 0 against class 1. Sizes share a cell within a
 * quarter of an octave: 1 to 1.25, 1.25 to 1.5, .., and 0.5 to 0.625.
 *
 *   row   alpha    label   weight   changes into   its cell: rows   mean     label   target
 *    0     1.25      0       1          1                     64     1.25      0       1
 *    1     1.125     0       1          1                    128     1.0625    0       1
 *    2     1         0       1          1                    with row 1
 *    3    -0.5       3       0          0                    128    -0.5       2       0
 *    4    -0.5       2       0          0                    with row 3
 *
 * A negative contribution hurts where it weighs most, so rows 3 and 4 change into class 0. Classes 2 and 3
 * both weigh 0: a cell does not tell them apart, and has the smaller number for them.
 */
const ALPHA = [1.25, 1.125, 1, -0.5, -0.5];
const LABELS = [0, 0, 0, 3, 2];
const match = contest(0, 1, 4, { kind: 'argmax' });

function cellsOf(times: number, { alpha = ALPHA, threat = ANY_LABEL } = {}) {
  const repeated = (of: number[]) => Array.from({ length: times }, () => of).flat();
  const cells = contestCells(queryOf(repeated(alpha), repeated(LABELS), 4), match, threat);
  if (cells === null) return null;
  return Array.from(cells.rows, (rows, cell) => {
    return [rows, cells.means[cell], cells.labels[cell], cells.targets[cell]];
  });
}

it('rows that weigh alike and have contributions of nearly a size are one cell, the largest first', () => {
  expect(cellsOf(64)).toEqual([
    [64, 1.25, 0, 1],
    [128, 1.0625, 0, 1],
    [128, -0.5, 2, 0],
  ]);
});

it('rows that the adversary cannot change are cells of their own, and change into themselves', () => {
  // row 1 of every five is out of reach
  const attackable = Uint8Array.from({ length: 320 }, (_, row) => +(row % 5 !== 1));
  expect(cellsOf(64, { threat: { attackable, transitions: null } })).toEqual([
    [64, 1.25, 0, 1],
    [64, 1, 0, 1],
    [64, 1.125, 0, 0],
    [128, -0.5, 2, 0],
  ]);
});

it('there are none for fewer than 256 rows, where the rows themselves are as cheap', () => {
  expect(cellsOf(51)).toBeNull(); // 255
  expect(cellsOf(52)).toHaveLength(3); // 260
});

it('a contribution that is NaN is not lost: it spoils a mean', () => {
  const means = cellsOf(64, { alpha: [Number.NaN, ...ALPHA.slice(1)] })!.map(([, mean]) => mean);
  expect(means.filter(Number.isNaN)).toHaveLength(1);
});

import { expect, it } from 'vitest';
import { ANY_LABEL, allows, flippableRows } from '../../src/certify/threat.ts';

/*
 * Five training rows of three classes. The adversary may change some rows, and these labels:
 *
 *   from \ to   0  1  2       row   label   attackable   its label may change   flippable
 *       0       1  1  0        0      0         yes            to 1                yes
 *       1       0  0  0        1      1         yes            no                  no
 *       2       1  0  1        2      2         no             to 0                no
 *                              3      1         no             no                  no
 *                              4      2         yes            to 0                yes
 *
 * Both restrictions leave 2 rows; the rows alone leave 3, the labels alone 3 (rows 0, 2, 4), neither 5.
 */
const labels = Int32Array.of(0, 1, 2, 1, 2);
const attackable = Uint8Array.of(1, 1, 0, 0, 1);
const transitions = Uint8Array.of(1, 1, 0, 0, 0, 0, 1, 0, 1);

it('a threat model allows the changes in its table; keeping a label is none, whatever it says', () => {
  const threat = { attackable: null, transitions };
  const allowed = [0, 1, 2].map((from) => [0, 1, 2].map((to) => allows(threat, from, to, 3)));
  expect(allowed).toEqual([
    [false, true, false],
    [false, false, false],
    [true, false, false],
  ]);
  expect([allows(ANY_LABEL, 1, 0, 3), allows(ANY_LABEL, 1, 1, 3)]).toEqual([true, false]);
});

it('rows may be flipped that are attackable and have a label that may change', () => {
  const restricted = (rows: Uint8Array | null, changes: Uint8Array | null) =>
    flippableRows({ attackable: rows, transitions: changes }, labels, 3);
  expect(restricted(attackable, transitions)).toBe(2);
  expect(restricted(attackable, null)).toBe(3);
  expect(restricted(null, transitions)).toBe(3);
  expect(flippableRows(ANY_LABEL, labels, 3)).toBe(5);
});

it('an empty threat flips no rows: none attackable, or labels that may be kept only', () => {
  const keeping = Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  expect(flippableRows({ attackable: new Uint8Array(5), transitions: null }, labels, 3)).toBe(0);
  expect(flippableRows({ attackable: null, transitions: keeping }, labels, 3)).toBe(0);
});

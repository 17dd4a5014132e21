import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fewestFlipsToClose, type VoteMove } from '../../src/certify/vote-knapsack.ts';

/** Tries every choice of no move, one vote or two, for each partition. */
function byEnumeration(moves: readonly VoteMove[], needed: number): number {
  const [first, ...rest] = moves;
  if (needed <= 0) return 0;
  if (first === undefined) return Number.POSITIVE_INFINITY;
  return Math.min(
    byEnumeration(rest, needed),
    first.one + byEnumeration(rest, needed - 1),
    first.two + byEnumeration(rest, needed - 2),
  );
}

const flips = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(Number.POSITIVE_INFINITY));

describe('fewestFlipsToClose', () => {
  it('is the least over every choice of moves, cheap and dear ones in any order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ one: flips, two: flips }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 17 }),
        (moves, needed) => {
          expect(fewestFlipsToClose(moves, needed)).toBe(byEnumeration(moves, needed));
        },
      ),
      { seed: 5101, numRuns: 1500 },
    );
  });

  it('does not use a partition twice', () => {
    expect(fewestFlipsToClose([{ one: 1, two: 9 }], 2)).toBe(9);
    expect(fewestFlipsToClose([{ one: 1, two: Number.POSITIVE_INFINITY }], 2)).toBe(Number.POSITIVE_INFINITY);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { singleAt, singleOrder } from '../../src/kernel/single-order.ts';

const singles = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('the order of single-precision numbers', () => {
  it('is theirs as numbers, and has no gap: between neighbours there is none', () => {
    fc.assert(
      fc.property(singles, singles, (a, b) => {
        expect(Math.sign(singleOrder(a) - singleOrder(b))).toBe(Math.sign(a - b));
        const next = singleAt(singleOrder(a) + 1);
        expect(next).toBeGreaterThan(a);
        const middle = Math.fround((a + next) / 2);
        expect(middle === a || middle === next).toBe(true);
      }),
      {
        seed: 611,
        numRuns: 500,
        examples: [
          [0, -0],
          [2 ** -149, -(2 ** -149)],
          [-1, 1],
        ],
      },
    );
  });

  it('leads back to the number', () => {
    fc.assert(
      fc.property(singles, (a) => {
        expect(singleAt(singleOrder(a))).toBe(a + 0); // -0 becomes 0
      }),
      { seed: 612, numRuns: 500, examples: [[-0], [2 ** -149], [-(2 ** 127)]] },
    );
  });
});

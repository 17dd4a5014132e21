import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doublesIn, integersIn, KERNELS } from '../support/kernel/kernels.ts';

const value = fc.oneof(
  fc.double({ min: -1, max: 1, noNaN: true }),
  fc.constantFrom(0, -0, 1, -1, 5e-324, -5e-324, 1e300, -1e300),
);
const drops = fc.array(fc.constantFrom(0, 1, 2), { minLength: 3, maxLength: 3 });
const rows = fc.array(fc.tuple(value, fc.integer({ min: 0, max: 2 }), fc.constantFrom(0, 1)), {
  maxLength: 30,
});

describe.each(KERNELS)('gains, $name', ({ kernel, fresh }) => {
  it('are the drop of the label and of the sign times the size, zero for rows out of reach, never minus zero', () => {
    fc.assert(
      fc.property(
        rows,
        drops,
        drops,
        fc.constantFrom('all', 'in memory', 'elsewhere'),
        (drawn, ifPositive, ifNegative, mask) => {
          const memory = fresh();
          const out = memory.doubles(drawn.length).fill(Number.NaN);
          const bytes = mask === 'in memory' ? memory.bytes(drawn.length) : new Uint8Array(drawn.length);
          bytes.set(drawn.map(([, , attackable]) => attackable));
          kernel.gains(
            doublesIn(
              memory,
              drawn.map(([alpha]) => alpha),
            ),
            integersIn(
              memory,
              drawn.map(([, label]) => label),
            ),
            Float64Array.from(ifPositive),
            Float64Array.from(ifNegative),
            mask === 'all' ? null : bytes,
            out,
          );
          const expected = drawn.map(([alpha, label, attackable]) => {
            const drop = (alpha > 0 ? ifPositive : ifNegative)[label]!;
            return mask !== 'all' && attackable === 0 ? 0 : Math.abs(alpha) * drop;
          });
          expect(Array.from(out)).toEqual(expected); // tells 0 from -0
        },
      ),
      { seed: 35, numRuns: 500 },
    );
  });

  it('refuse arrays that do not belong together', () => {
    const memory = fresh();
    const [three, four, labels] = [memory.doubles(3), memory.doubles(4), memory.integers(3)];
    const [drops, mask] = [new Float64Array(2), new Uint8Array(3)];
    const refused = (...wrong: Parameters<typeof kernel.gains>) =>
      expect(() => kernel.gains(...wrong)).toThrow(RangeError);
    refused(four, labels, drops, drops, mask, four);
    refused(three, labels, drops, drops, mask, four);
    refused(three, labels, drops, new Float64Array(3), mask, three);
    refused(three, labels, drops, drops, new Uint8Array(2), three);
    expect(() => kernel.gains(three, labels, drops, drops, mask, three)).not.toThrow();
  });
});

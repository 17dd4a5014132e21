import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gains } from '../../src/kernel/gains.ts';

const value = fc.oneof(
  fc.double({ min: -1, max: 1, noNaN: true }),
  fc.constantFrom(0, -0, 1, -1, 5e-324, -5e-324, 1e300, -1e300),
);
const drops = fc.array(fc.constantFrom(0, 1, 2), { minLength: 3, maxLength: 3 });
const rows = fc.array(fc.tuple(value, fc.integer({ min: 0, max: 2 }), fc.constantFrom(0, 1)), {
  maxLength: 30,
});

describe('gains', () => {
  it('are the drop of the label and of the sign times the size, zero for rows out of reach, never minus zero', () => {
    fc.assert(
      fc.property(rows, drops, drops, fc.boolean(), (drawn, ifPositive, ifNegative, restricted) => {
        const out = new Float64Array(drawn.length).fill(Number.NaN);
        gains(
          Float64Array.from(drawn, ([alpha]) => alpha),
          Int32Array.from(drawn, ([, label]) => label),
          Float64Array.from(ifPositive),
          Float64Array.from(ifNegative),
          restricted ? Uint8Array.from(drawn, ([, , attackable]) => attackable) : null,
          out,
        );
        const expected = drawn.map(([alpha, label, attackable]) => {
          const drop = (alpha > 0 ? ifPositive : ifNegative)[label]!;
          return restricted && attackable === 0 ? 0 : Math.abs(alpha) * drop;
        });
        expect(Array.from(out)).toEqual(expected); // tells 0 from -0
      }),
      { seed: 35, numRuns: 500 },
    );
  });
});

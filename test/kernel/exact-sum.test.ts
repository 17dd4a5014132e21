import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactSum } from '../../src/kernel/exact-sum.ts';
import { doublesOf, randomFrom, shuffled, units } from '../support/brute-force/label-changes.ts';

const signOf = (amount: bigint) => (amount > 0n ? 1 : amount < 0n ? -1 : 0);

function exactSumOf(values: readonly number[]): number {
  const sum = new ExactSum();
  for (const value of values) sum.add(value);
  return sum.sign();
}

const tame = fc.double({ min: -(2 ** 1000), max: 2 ** 1000, noNaN: true });
const cancelling = fc.constantFrom(
  1e16,
  -1e16,
  1,
  -1,
  0.1,
  -0.1,
  5e-324,
  -5e-324,
  2 ** -1022,
  1e300,
  -1e300,
  0,
  -0,
);

describe('ExactSum', () => {
  it('has the sign of the real sum after every addition', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(tame, cancelling), { maxLength: 40 }), (values) => {
        const sum = new ExactSum();
        let exact = 0n;
        for (const value of values) {
          sum.add(value);
          exact += units(value);
          expect(sum.sign() + 0).toBe(signOf(exact));
        }
      }),
      { seed: 11, numRuns: 1000 },
    );
  });

  it('tells an exact zero from one subnormal on either side, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(tame, { minLength: 1, maxLength: 60 }), fc.nat(), (values, seed) => {
        const random = randomFrom(seed);
        const total = values.reduce((sum, value) => sum + units(value), 0n);
        for (const offset of [-1n, 0n, 1n]) {
          // rows that bring the total to the offset
          const missing = offset - total;
          const size = missing < 0n ? -missing : missing;
          const added = doublesOf(size).map((part) => (missing < 0n ? -part : part));
          expect(exactSumOf(shuffled([...values, ...added], random))).toBe(Number(offset));
        }
      }),
      { seed: 12, numRuns: 300 },
    );
  });

  it('is zero when nothing was added, and after everything was taken away again', () => {
    expect(exactSumOf([])).toBe(0);
    expect(exactSumOf([-0])).toBe(0);
    expect(exactSumOf([0.1, 0.2, -0.2, -0.1])).toBe(0);
    expect(exactSumOf([0.1, 0.2, -(0.1 + 0.2)])).toBe(-1); // the rounded sum lies above the real one
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packedLength } from '../../src/kernel/memory/packed-length.ts';
import { choleskyFactor } from '../../src/ridge/cholesky.ts';
import { doublesIn, KERNELS } from '../support/kernel/kernels.ts';

const columns = 12;
/** Not so small that products of two leave the normal range. */
const unit = fc.double({ min: -1, max: 1, noNaN: true }).filter((x) => x === 0 || Math.abs(x) > 1e-100);

/** X'X of a random matrix (upper triangle; what lies below is not read), d, lambda and a right-hand side. */
const systems = fc.integer({ min: 1, max: columns }).chain((d) => {
  const entries = (length: number) => fc.array(unit, { minLength: length, maxLength: length });
  return fc.record({
    d: fc.constant(d),
    lambda: fc.constantFrom(1e-3, 1, 1e4),
    h: entries(d),
    gram: entries(2 * d * d).map((x) => {
      const gram = new Float64Array(d * d).fill(Number.NaN);
      for (let j = 0; j < d; j++) {
        for (let k = j; k < d; k++) {
          gram[j * d + k] = 0;
          for (let row = 0; row < 2 * d; row++) gram[j * d + k]! += x[row * d + j]! * x[row * d + k]!;
        }
      }
      return gram;
    }),
  });
});

/** Entry (j, k) of the packed lower triangle, 0 above the diagonal. */
const lower = (factor: Float64Array, j: number, k: number) => (k <= j ? factor[packedLength(j) + k]! : 0);

const product = (factor: Float64Array, d: number, j: number, k: number) =>
  Array.from({ length: d }, (_, i) => lower(factor, j, i) * lower(factor, k, i)).reduce(
    (sum, one) => sum + one,
  );

describe('choleskyFactor', () => {
  it("has L L' = G + lambda I, with a positive diagonal", () => {
    fc.assert(
      fc.property(systems, ({ d, gram, lambda }) => {
        const factor = choleskyFactor(gram, d, lambda)!;
        expect(factor).toHaveLength(packedLength(d));
        let trace = 0;
        for (let j = 0; j < d; j++) trace += gram[j * d + j]! + lambda;
        for (let j = 0; j < d; j++) {
          expect(lower(factor, j, j)).toBeGreaterThan(0);
          for (let k = j; k < d; k++) {
            const expected = gram[j * d + k]! + (j === k ? lambda : 0);
            expect(Math.abs(product(factor, d, j, k) - expected)).toBeLessThan(1e-14 * trace);
          }
        }
      }),
      { seed: 101, numRuns: 200 },
    );
  });

  it('is null for a matrix that is not positive definite or not finite', () => {
    const gram = (...upper: number[]) => Float64Array.of(upper[0]!, upper[1]!, 0, upper[2]!);
    expect(choleskyFactor(gram(1, 2, 1), 2, 0)).toBeNull();
    expect(choleskyFactor(gram(1, 1, 1), 2, 0)).toBeNull();
    expect(choleskyFactor(gram(0, 0, 0), 2, 0)).toBeNull();
    for (const lambda of [-2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(choleskyFactor(gram(1, 0, 1), 2, lambda)).toBeNull();
    }
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(choleskyFactor(gram(bad, 0, 1), 2, 1)).toBeNull();
      expect(choleskyFactor(gram(1, bad, 1), 2, 1)).toBeNull();
      expect(choleskyFactor(gram(1, 0, bad), 2, 1)).toBeNull();
    }
  });
});

describe.each(KERNELS)('solve, $name', ({ kernel, fresh }) => {
  it("leaves a residual of the order of the rounding: L L' u = h", () => {
    fc.assert(
      fc.property(systems, ({ d, gram, lambda, h }) => {
        const factor = choleskyFactor(gram, d, lambda)!;
        const memory = fresh();
        const u = doublesIn(memory, h);
        kernel.solve(doublesIn(memory, factor), u, 1);
        for (let j = 0; j < d; j++) {
          let residual = -h[j]!;
          let size = Math.abs(h[j]!);
          for (let k = 0; k < d; k++) {
            const entry = product(factor, d, j, k);
            residual += entry * u[k]!;
            // backward stability: |L| |L'| |u| bounds it, and Cauchy-Schwarz bounds |L| |L'|
            const row = Math.sqrt(product(factor, d, j, j) * product(factor, d, k, k));
            size += row * Math.abs(u[k]!);
          }
          expect(Math.abs(residual)).toBeLessThanOrEqual(4 * (d + 2) * 2 ** -52 * size);
        }
      }),
      { seed: 102, numRuns: 300 },
    );
  });

  it('solves an integer system exactly', () => {
    // L = [2 0 0; 1 3 0; -1 2 1], L' (1, -2, 3)' = (-3, 0, 3)', L (-3, 0, 3)' = (-6, -3, 6)'
    const memory = fresh();
    const u = doublesIn(memory, [-6, -3, 6]);
    kernel.solve(doublesIn(memory, [2, 1, 3, -1, 2, 1]), u, 1);
    expect(Array.from(u)).toEqual([1, -2, 3]);
  });

  it('refuses a factor of another size', () => {
    const memory = fresh();
    const [factor, u] = [memory.doubles(6), memory.doubles(6)];
    expect(() => kernel.solve(memory.doubles(5), memory.doubles(3), 1)).toThrow(RangeError);
    expect(() => kernel.solve(factor, u, 4)).toThrow(RangeError);
    expect(() => kernel.solve(factor, u, 0)).toThrow(RangeError);
    expect(() => kernel.solve(factor, u, 2)).not.toThrow();
  });
});

it('refuses a matrix that is singular but for rounding', () => {
  // the Gram matrix of two equal columns and a lambda that vanishes beside it
  expect(choleskyFactor(Float64Array.of(20, 20, 0, 20), 2, 1e-300)).toBeNull();
  expect(choleskyFactor(Float64Array.of(20, 20, 0, 20), 2, 1e-6)).not.toBeNull();
});

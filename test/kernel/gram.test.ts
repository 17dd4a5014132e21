import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GRAM_BLOCK } from '../../src/kernel/reference/gram.ts';
import { doublesIn, floatsIn, KERNELS } from '../support/kernel/kernels.ts';

const entry = fc.float({ min: -100, max: 100, noNaN: true });
const problems = fc
  .tuple(fc.integer({ min: 0, max: 3 * GRAM_BLOCK }), fc.integer({ min: 1, max: 11 }))
  .chain(([rows, columns]) =>
    fc.record({
      rows: fc.constant(rows),
      columns: fc.constant(columns),
      features: fc.array(entry, { minLength: rows * columns, maxLength: rows * columns }),
      means: fc.array(entry, { minLength: columns, maxLength: columns }),
    }),
  );

describe.each(KERNELS)('gram, $name', ({ kernel, fresh }) => {
  /** The matrix from features added at `cuts`, multiples of GRAM_BLOCK, and by ranges of its rows that end at `ends`. */
  function gramOf(
    features: readonly number[],
    means: readonly number[],
    { cuts = [] as number[], ends = [] as number[], start = 0 } = {},
  ): Float64Array {
    const columns = means.length;
    const memory = fresh();
    const x = floatsIn(memory, features);
    const centre = doublesIn(memory, means);
    const values = memory.doubles(columns * columns).fill(start);
    let row = 0;
    for (const cut of [...cuts, features.length / columns]) {
      let from = 0;
      for (const end of [...ends, columns]) {
        kernel.gram(x.subarray(row * columns, cut * columns), centre, values, from, end);
        from = end;
      }
      row = cut;
    }
    return values.slice();
  }

  it('adds sums of products of centred columns to the upper triangle, and leaves the lower one alone', () => {
    fc.assert(
      fc.property(problems, ({ rows, columns, features, means }) => {
        const values = gramOf(features, means, { start: 7 });
        for (let j = 0; j < columns; j++) {
          for (let k = 0; k < columns; k++) {
            let sum = 7;
            let magnitude = 7;
            for (let row = 0; k >= j && row < rows; row++) {
              const term =
                (features[row * columns + j]! - means[j]!) * (features[row * columns + k]! - means[k]!);
              sum += term;
              magnitude += Math.abs(term);
            }
            const bound = k < j ? 0 : 4 * (rows + 4) * 2 ** -53 * magnitude;
            expect(Math.abs(values[j * columns + k]! - sum)).toBeLessThanOrEqual(bound);
          }
        }
      }),
      { seed: 115, numRuns: 100 },
    );
  });

  it('has the same bits however it is split', () => {
    fc.assert(
      fc.property(
        problems,
        fc.array(fc.nat(11)),
        fc.nat(2),
        ({ rows, columns, features, means }, ends, blocks) => {
          const splits = {
            cuts: [Math.min(rows, GRAM_BLOCK * blocks)],
            ends: ends.map((end) => Math.min(end, columns)).sort((a, b) => a - b),
          };
          expect(gramOf(features, means, splits)).toEqual(gramOf(features, means));
        },
      ),
      { seed: 116, numRuns: 100 },
    );
  });

  it('refuses arrays that do not belong together, and rows that the matrix does not have', () => {
    const memory = fresh();
    const [features, means, values] = [memory.floats(6), memory.doubles(3), memory.doubles(9)];
    expect(() => kernel.gram(memory.floats(7), means, values, 0, 3)).toThrow(RangeError);
    expect(() => kernel.gram(features, memory.doubles(2), values, 0, 2)).toThrow(RangeError);
    for (const [from, to] of [
      [-1, 3],
      [0, 4],
      [2, 1],
      [0.5, 3],
      [0, Number.NaN],
    ] as const) {
      expect(() => kernel.gram(features, means, values, from, to)).toThrow(RangeError);
    }
    expect(() => kernel.gram(features, means, values, 1, 1)).not.toThrow();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contributions } from '../../src/kernel/contributions.ts';
import { UNIT_ROUNDOFF } from '../../src/kernel/rounding.ts';
import { units } from '../support/brute-force.ts';

const matrices = fc
  .tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 23 }))
  .chain(([rows, columns]) =>
    fc.record({
      columns: fc.constant(columns),
      features: fc.array(fc.float({ min: -8, max: 8, noNaN: true }), {
        minLength: rows * columns,
        maxLength: rows * columns,
      }),
      direction: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
        minLength: columns,
        maxLength: columns,
      }),
      offset: fc.double({ min: -1, max: 1, noNaN: true }),
    }),
  );

function contributionsOf(features: number[], direction: number[], offset: number): Float64Array {
  const out = new Float64Array(features.length / direction.length).fill(Number.NaN);
  contributions(Float32Array.from(features), Float64Array.from(direction), offset, out);
  return out;
}

describe('contributions', () => {
  it('are the dot products plus the offset, within the rounding of d products and sums', () => {
    fc.assert(
      fc.property(matrices, ({ columns, features, direction, offset }) => {
        const out = contributionsOf(features, direction, offset);
        for (const [row, actual] of out.entries()) {
          let exact = units(offset) << 1074n;
          let magnitude = Math.abs(offset);
          for (let k = 0; k < columns; k++) {
            const feature = features[row * columns + k]!;
            exact += units(feature) * units(direction[k]!);
            magnitude += Math.abs(feature * direction[k]!);
          }
          const error = (units(actual) << 1074n) - exact;
          // a product below the normal range is off by half a subnormal, hence the last term
          const bound = units(2 * (columns + 1) * UNIT_ROUNDOFF * magnitude + columns * 2 ** -1074) << 1074n;
          expect(error < 0n ? -error : error).toBeLessThanOrEqual(bound);
        }
      }),
      { seed: 41, numRuns: 300 },
    );
  });

  it('are exact for integers', () => {
    const integer = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(integer, integer), { minLength: 1, maxLength: 40 }),
        integer,
        (pairs, offset) => {
          const [features, direction] = [pairs.map(([x]) => x), pairs.map(([, u]) => u)];
          const expected = pairs.reduce((sum, [x, u]) => sum + x * u, offset);
          expect(Array.from(contributionsOf(features, direction, offset))).toEqual([expected]);
        },
      ),
      { seed: 42, numRuns: 200 },
    );
  });

  it('have the same bits whatever rows surround a row', () => {
    fc.assert(
      fc.property(matrices, ({ columns, features, direction, offset }) => {
        const together = contributionsOf(features, direction, offset);
        for (const [row, value] of together.entries()) {
          const alone = contributionsOf(
            features.slice(row * columns, (row + 1) * columns),
            direction,
            offset,
          );
          expect(alone).toEqual(Float64Array.of(value));
        }
      }),
      { seed: 43, numRuns: 100 },
    );
  });

  it('refuse features of another shape', () => {
    const out = new Float64Array(2);
    expect(() => contributions(new Float32Array(5), new Float64Array(3), 0, out)).toThrow(RangeError);
    expect(() => contributions(new Float32Array(9), new Float64Array(3), 0, out)).toThrow(RangeError);
  });
});

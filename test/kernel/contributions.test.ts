import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wholeRows } from '../../src/kernel/memory/feature-rows.ts';
import { contributionsOfRows } from '../../src/kernel/reference/contributions-of-rows.ts';
import { referenceKernel } from '../../src/kernel/reference/reference-kernel.ts';
import { UNIT_ROUNDOFF } from '../../src/kernel/rounding.ts';
import { units } from '../support/brute-force/label-changes.ts';
import { doublesIn, floatsIn, KERNELS } from '../support/kernel/kernels.ts';

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

describe.each(KERNELS)('contributions, $name', ({ kernel, fresh }) => {
  function contributionsOf(features: number[], direction: number[], offset: number): Float64Array {
    const memory = fresh();
    const alpha = memory.doubles(features.length / direction.length).fill(Number.NaN);
    kernel.contributions(
      floatsIn(memory, features),
      doublesIn(memory, direction),
      doublesIn(memory, [offset]),
      alpha,
    );
    return alpha.slice();
  }

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

  it('have the same bits in a block of queries as alone', () => {
    const queries = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 300, maxLength: 300 });
    fc.assert(
      fc.property(
        matrices,
        queries,
        fc.integer({ min: 1, max: 9 }),
        ({ columns, features }, drawn, count) => {
          const rows = features.length / columns;
          const directions = Array.from({ length: count * columns }, (_, k) => drawn[(7 * k) % 300]!);
          const offsets = drawn.slice(0, count);
          const memory = fresh();
          const alpha = memory.doubles(count * rows).fill(Number.NaN);
          kernel.contributions(
            floatsIn(memory, features),
            doublesIn(memory, directions),
            doublesIn(memory, offsets),
            alpha,
          );
          const block = alpha.slice();
          for (let query = 0; query < count; query++) {
            const direction = directions.slice(query * columns, (query + 1) * columns);
            const alone = contributionsOf(features, direction, offsets[query]!);
            expect(block.slice(query * rows, (query + 1) * rows)).toEqual(alone);
          }
        },
      ),
      { seed: 44, numRuns: 100 },
    );
  });

  it('refuse arrays that do not belong together', () => {
    const memory = fresh();
    const [two, three, six] = [memory.doubles(2), memory.doubles(3), memory.floats(6)];
    const one = memory.doubles(1);
    expect(() => kernel.contributions(memory.floats(5), three, one, two)).toThrow(RangeError);
    expect(() => kernel.contributions(memory.floats(9), three, one, two)).toThrow(RangeError);
    expect(() => kernel.contributions(six, three, two, two)).toThrow(RangeError);
    expect(() => kernel.contributions(six, memory.doubles(4), two, three)).toThrow(RangeError);
    expect(() => kernel.contributions(six, three, memory.doubles(0), two)).toThrow(RangeError);
    expect(() => kernel.contributions(six, three, one, two)).not.toThrow();
  });
});

describe('contributionsOfRows', () => {
  it('are the contributions of the rows that are named, in their order, whatever shard they are in', () => {
    fc.assert(
      fc.property(
        matrices,
        fc.array(fc.nat(11)),
        fc.integer({ min: 1, max: 5 }),
        (matrix, drawn, rowsPerShard) => {
          const { columns, features, direction, offset } = matrix;
          const rows = features.length / columns;
          const numbers = rows === 0 ? [] : drawn.map((number) => number % rows);
          const alpha = new Float64Array(numbers.length).fill(Number.NaN);
          const [x, u] = [Float32Array.from(features), Float64Array.from(direction)];
          const shards = Array.from({ length: Math.ceil(rows / rowsPerShard) }, (_, shard) =>
            x.subarray(shard * rowsPerShard * columns, (shard + 1) * rowsPerShard * columns),
          );
          contributionsOfRows(
            { rows, columns, rowsPerShard, shards },
            Int32Array.from(numbers),
            u,
            offset,
            alpha,
          );
          const all = new Float64Array(rows);
          referenceKernel.contributions(x, u, Float64Array.of(offset), all);
          expect(Array.from(alpha)).toEqual(numbers.map((number) => all[number]));
        },
      ),
      { seed: 45, numRuns: 100 },
    );
  });

  it('must be as many as the row numbers', () => {
    const two = new Float64Array(2);
    expect(() =>
      contributionsOfRows(wholeRows(new Float32Array(6), 3), Int32Array.of(0), new Float64Array(3), 0, two),
    ).toThrow(RangeError);
  });
});

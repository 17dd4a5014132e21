import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GRAM_BLOCK } from '../../src/kernel/gram.ts';
import { columnMeans, GramMatrix } from '../../src/ridge/gram.ts';

const matrices = (entry: fc.Arbitrary<number>, rows = 23, columns = 7) =>
  fc.tuple(fc.integer({ min: 1, max: rows }), fc.integer({ min: 1, max: columns })).chain(([rows, columns]) =>
    fc.record({
      rows: fc.constant(rows),
      columns: fc.constant(columns),
      features: fc
        .array(entry, { minLength: rows * columns, maxLength: rows * columns })
        .map((flat) => Float32Array.from(flat)),
    }),
  );

const entry = fc.oneof(fc.float({ min: -100, max: 100, noNaN: true }), fc.constant(0));
const generic = matrices(entry);
const tall = matrices(entry, 4 * GRAM_BLOCK, 3);
const integers = matrices(fc.integer({ min: -50, max: 50 }));

function naive(features: Float32Array, rows: number, means: Float64Array, j: number, k: number) {
  const columns = means.length;
  let sum = 0;
  let magnitude = 0;
  for (let row = 0; row < rows; row++) {
    const term = (features[row * columns + j]! - means[j]!) * (features[row * columns + k]! - means[k]!);
    sum += term;
    magnitude += Math.abs(term);
  }
  return { sum, magnitude };
}

describe('GramMatrix', () => {
  it('is the naive sum of products of centred columns, upper triangle', () => {
    fc.assert(
      fc.property(generic, ({ rows, columns, features }) => {
        const means = columnMeans(features, columns);
        const gram = new GramMatrix(means);
        gram.add(features, 0, rows);
        let trace = 0;
        for (let j = 0; j < columns; j++) {
          for (let k = j; k < columns; k++) {
            const { sum, magnitude } = naive(features, rows, means, j, k);
            const bound = 4 * (rows + 4) * 2 ** -53 * magnitude;
            expect(Math.abs(gram.values[j * columns + k]! - sum)).toBeLessThanOrEqual(bound);
          }
          trace += gram.values[j * columns + j]!;
        }
        expect(gram.trace()).toBeCloseTo(trace, 6);
      }),
      { seed: 111, numRuns: 300 },
    );
  });

  it('is exact for integers that are not centred', () => {
    fc.assert(
      fc.property(integers, ({ rows, columns, features }) => {
        const gram = new GramMatrix(new Float64Array(columns));
        gram.add(features, 0, rows);
        for (let j = 0; j < columns; j++) {
          for (let k = j; k < columns; k++) {
            const { sum } = naive(features, rows, new Float64Array(columns), j, k);
            expect(gram.values[j * columns + k]! === sum).toBe(true);
          }
        }
      }),
      { seed: 112, numRuns: 200 },
    );
  });

  it('has the same bits in blocks that start at multiples of GRAM_BLOCK as in one pass', () => {
    fc.assert(
      fc.property(tall, fc.array(fc.integer({ min: 1, max: 3 })), ({ rows, columns, features }, heights) => {
        const means = columnMeans(features, columns);
        const whole = new GramMatrix(means);
        whole.add(features, 0, rows);
        const blocks = new GramMatrix(means);
        let from = 0;
        for (const height of heights) {
          const to = Math.min(rows, from + GRAM_BLOCK * height);
          blocks.add(features, from, to);
          from = to;
        }
        blocks.add(features, from, rows);
        expect(blocks.values).toEqual(whole.values);
      }),
      { seed: 113, numRuns: 200 },
    );
  });
});

describe('columnMeans', () => {
  it('are the means of the columns', () => {
    fc.assert(
      fc.property(integers, ({ rows, columns, features }) => {
        const means = columnMeans(features, columns);
        for (let k = 0; k < columns; k++) {
          let total = 0;
          for (let row = 0; row < rows; row++) total += features[row * columns + k]!;
          expect(means[k]).toBe(total / rows);
        }
      }),
      { seed: 114, numRuns: 100 },
    );
  });
});

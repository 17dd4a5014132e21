import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitRidge } from '../../src/models/fit-ridge.ts';
import { type PartitionRidge, partitionContributions } from '../../src/ridge/partition-ridge.ts';
import { contributionsTo } from '../../src/ridge/ridge.ts';
import { RowGram } from '../../src/ridge/row-gram.ts';

const problems = fc
  .tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 14 }))
  .chain(([rows, width]) => {
    const entry = fc.float({ min: -4, max: 4, noNaN: true, noDefaultInfinity: true });
    const centred = fc.boolean();
    return fc.record({
      rows: fc.constant(rows),
      width: fc.constant(width),
      features: fc.array(entry, { minLength: rows * width, maxLength: rows * width }),
      query: fc.array(entry, { minLength: width, maxLength: width }),
      settings: fc.tuple(centred, fc.boolean()).map(([centre, intercept]) => ({
        centre,
        intercept: centre && intercept,
        lambda: { absolute: 0.5 },
      })),
    });
  });

function alphaOf(query: Float32Array, ridge: PartitionRidge): Float64Array {
  const alpha = new Float64Array(ridge.rows);
  partitionContributions(query, ridge, new Float64Array(query.length), alpha);
  return alpha;
}

describe('the dual form', () => {
  it('has the contributions and the lambda of the primal one: the push-through identity', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async ({ features, width, settings, query }) => {
        const flat = Float32Array.from(features);
        const h = Float32Array.from(query);
        const primal = await fitRidge(flat, width, settings);
        const dual = await fitRidge(flat, width, settings, 'dual');
        const direct = new Float64Array(primal.ridge.rows);
        contributionsTo(h, primal.ridge, new Float64Array(width), direct);
        const forms = [
          alphaOf(h, { ...primal.ridge, form: 'primal', rowNumbers: null }),
          alphaOf(h, { ...dual.ridge, form: 'dual', rowNumbers: null }),
        ];
        const scale = Math.max(1, ...direct.map(Math.abs));
        for (const alpha of forms) {
          for (const [row, value] of alpha.entries()) {
            expect(Math.abs(value - direct[row]!)).toBeLessThan(1e-9 * scale);
          }
        }
      }),
      { seed: 5301, numRuns: 200 },
    );
  });

  it('takes the same relative lambda, for wide and for long data', async () => {
    for (const [rows, width] of [
      [3, 40],
      [40, 3],
    ] as const) {
      const features = Float32Array.from({ length: rows * width }, (_, k) => Math.fround(Math.sin(k * k)));
      const settings = { centre: true, intercept: false, lambda: { relative: 0.7 } };
      const primal = await fitRidge(features, width, settings);
      const dual = await fitRidge(features, width, settings, 'dual');
      expect(Math.abs(dual.lambda / primal.lambda - 1)).toBeLessThan(1e-12);
    }
  });
});

describe('rows chosen by number', () => {
  it('have the bits of the same rows in an array of their own', async () => {
    await fc.assert(
      fc.asyncProperty(
        problems,
        fc.array(fc.nat(), { minLength: 1, maxLength: 9 }),
        fc.constantFrom('primal' as const, 'dual' as const),
        async ({ rows, features, width, settings, query }, chosen, form) => {
          const rowNumbers = Int32Array.from(chosen, (row) => row % rows);
          const own = Float32Array.from(
            [...rowNumbers].flatMap((row) => features.slice(row * width, (row + 1) * width)),
          );
          const { ridge } = await fitRidge(own, width, settings, form);
          const h = Float32Array.from(query);
          const alone = alphaOf(h, { ...ridge, form, rowNumbers: null });
          const shared = { ...ridge, features: Float32Array.from(features), form, rowNumbers };
          expect(alphaOf(h, shared)).toEqual(alone);
        },
      ),
      { seed: 5302, numRuns: 150 },
    );
  });

  it('must be as many as the contributions', async () => {
    const settings = { centre: true, intercept: false, lambda: { absolute: 1 } };
    const { ridge } = await fitRidge(Float32Array.of(1, 2, 3), 1, settings);
    const wrong: PartitionRidge = { ...ridge, form: 'primal', rowNumbers: Int32Array.of(0, 1) };
    expect(() => alphaOf(Float32Array.of(1), wrong)).toThrow(RangeError);
  });
});

describe('RowGram', () => {
  it('is exact for integers, in blocks of any size', () => {
    const integers = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 11 }))
      .chain((shape) =>
        fc.tuple(
          fc.constant(shape),
          fc.array(fc.integer({ min: -50, max: 50 }), {
            minLength: shape[0] * shape[1],
            maxLength: shape[0] * shape[1],
          }),
          fc.array(fc.integer({ min: 1, max: 4 })),
        ),
      );
    fc.assert(
      fc.property(integers, ([[rows, columns], values, heights]) => {
        const means = Float64Array.from({ length: columns }, (_, k) => k - 2);
        const gram = new RowGram(Float32Array.from(values), means);
        let from = 0;
        for (const height of [...heights, rows]) {
          const to = Math.min(rows, from + height);
          gram.add(from, to);
          from = to;
        }
        const entry = (row: number, k: number) => values[row * columns + k]! - means[k]!;
        let trace = 0;
        for (let i = 0; i < rows; i++) {
          for (let j = i; j < rows; j++) {
            let sum = 0;
            for (let k = 0; k < columns; k++) sum += entry(i, k) * entry(j, k);
            expect(gram.values[i * rows + j]! === sum).toBe(true);
            if (i === j) trace += sum;
          }
        }
        expect(gram.trace()).toBe(trace);
      }),
      { seed: 5303, numRuns: 200 },
    );
  });
});

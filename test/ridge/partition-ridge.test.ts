import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitRidge } from '../../src/fit/fit-ridge.ts';
import { wholeRows } from '../../src/kernel/memory/feature-rows.ts';
import { SharedRows } from '../../src/kernel/memory/shared-rows.ts';
import { fitMember } from '../../src/model/fit-member.ts';
import type { RidgeSettings } from '../../src/model/lambda.ts';
import { type PartitionRidge, partitionContributions } from '../../src/ridge/partition-ridge.ts';
import { contributionsTo } from '../../src/ridge/ridge.ts';
import { RowGram } from '../../src/ridge/row-gram.ts';
import { MAIN_THREAD } from '../../src/workers/main-thread.ts';
import { WORKERS } from '../support/models/workers.ts';

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

/** Fits a partition that has its rows in an array of its own. */
function memberOf(
  features: Float32Array,
  width: number,
  settings: RidgeSettings,
  form: PartitionRidge['form'],
): PartitionRidge {
  const own = wholeRows(features, width);
  const fitted = fitMember({ features, width, settings, form }, MAIN_THREAD);
  return { ...fitted, features: own, rows: own.rows, intercept: settings.intercept, form, rowNumbers: null };
}

function modelRidge(features: Float32Array, width: number, settings: RidgeSettings) {
  const shared = SharedRows.make(features.length / width, width, WORKERS.slots);
  shared.shards[0]!.set(features);
  return fitRidge(shared, settings, WORKERS);
}

describe('the dual form', () => {
  it('has the contributions of the primal one: the push-through identity', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async ({ features, width, settings, query }) => {
        const flat = Float32Array.from(features);
        const h = Float32Array.from(query);
        const { ridge } = await modelRidge(flat, width, settings);
        const direct = new Float64Array(ridge.rows);
        contributionsTo(h, ridge, new Float64Array(width), direct);
        const primal = memberOf(flat, width, settings, 'primal');
        expect(primal.factor).toEqual(new Float64Array(ridge.factor));
        const forms = [primal, memberOf(flat, width, settings, 'dual')].map((form) => alphaOf(h, form));
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

  it('takes the same relative lambda, for wide and for long data', () => {
    for (const [rows, width] of [
      [3, 40],
      [40, 3],
    ] as const) {
      const features = Float32Array.from({ length: rows * width }, (_, k) => Math.fround(Math.sin(k * k)));
      const settings = { centre: true, intercept: false, lambda: { relative: 0.7 } };
      const h = Float32Array.from({ length: width }, (_, k) => Math.fround(Math.cos(k)));
      const primal = alphaOf(h, memberOf(features, width, settings, 'primal'));
      const dual = alphaOf(h, memberOf(features, width, settings, 'dual'));
      const size = Math.max(...primal.map(Math.abs));
      for (const [row, value] of dual.entries()) {
        expect(Math.abs(value - primal[row]!)).toBeLessThan(1e-12 * size);
      }
    }
  });
});

describe('rows chosen by number', () => {
  it('have the bits of the same rows in an array of their own', () => {
    fc.assert(
      fc.property(
        problems,
        fc.array(fc.nat(), { minLength: 1, maxLength: 9 }),
        fc.constantFrom('primal' as const, 'dual' as const),
        ({ rows, features, width, settings, query }, chosen, form) => {
          const rowNumbers = Int32Array.from(chosen, (row) => row % rows);
          const own = Float32Array.from(
            [...rowNumbers].flatMap((row) => features.slice(row * width, (row + 1) * width)),
          );
          const alone = memberOf(own, width, settings, form);
          const h = Float32Array.from(query);
          const shared = { ...alone, features: wholeRows(Float32Array.from(features), width), rowNumbers };
          expect(alphaOf(h, shared)).toEqual(alphaOf(h, alone));
        },
      ),
      { seed: 5302, numRuns: 150 },
    );
  });

  it('must be as many as the contributions', () => {
    const settings = { centre: true, intercept: false, lambda: { absolute: 1 } };
    const member = memberOf(Float32Array.of(1, 2, 3), 1, settings, 'primal');
    const wrong: PartitionRidge = { ...member, rowNumbers: Int32Array.of(0, 1) };
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

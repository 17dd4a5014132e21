import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wholeRows } from '../../src/kernel/memory/feature-rows.ts';
import { SharedRows } from '../../src/kernel/memory/shared-rows.ts';
import { GRAM_BLOCK } from '../../src/kernel/reference/gram.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { SharedGram } from '../../src/ridge/shared-gram.ts';
import { kernelModule } from '../../src/workers/kernel-module.ts';
import { gramOf } from '../support/brute-force/reference.ts';

/** In shards of 1024 rows, the fewest that there can be. */
const SMALL_SHARDS = 1;

const cases = fc.record({
  rows: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1020, max: 2100 })),
  columns: fc.integer({ min: 1, max: 11 }),
  ends: fc.array(fc.nat(11), { maxLength: 3 }),
  heights: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
  slots: fc.integer({ min: 1, max: 4 }),
  shardBytes: fc.constantFrom(SMALL_SHARDS, undefined),
  integers: fc.boolean(),
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
});

describe('SharedGram', () => {
  it('has the bits of the reference, whatever the ranges, slots, shards and steps', () => {
    fc.assert(
      fc.property(cases, ({ rows, columns, ends, heights, slots, shardBytes, integers, seed }) => {
        const random = new SeededRandom(seed);
        const draw = () => (integers ? random.below(101) - 50 : 10 * random.normal());
        const features = Float32Array.from({ length: rows * columns }, draw);
        const means = Float64Array.from({ length: columns }, draw);
        const shared = SharedRows.make(rows, columns, slots, shardBytes);
        let filled = 0;
        for (const shard of shared.shards) {
          shard.set(features.subarray(filled, filled + shard.length));
          filled += shard.length;
        }
        expect(shared.shards).toHaveLength(shardBytes === SMALL_SHARDS ? Math.ceil(rows / 1024) : 1);

        const gram = SharedGram.make(columns, slots);
        const bounds = [0, ...ends.map((end) => Math.min(end, columns)).sort((a, b) => a - b), columns];
        const ranges = bounds.slice(1).map((end, k) => ({ range: [bounds[k]!, end] as const, from: 0 }));
        // each range in steps of its own, in turns with the others, each step in any slot
        for (let step = 0; ranges.some(({ from }) => from < rows); step++) {
          const own = ranges[random.below(ranges.length)]!;
          const to = Math.min(rows, own.from + GRAM_BLOCK * heights[step % heights.length]!);
          const thread = { slot: random.below(slots), module: kernelModule() };
          if (own.from < rows) gram.add(shared, means, { ...own, to }, thread);
          own.from = to;
        }
        const expected = gramOf(wholeRows(features, columns), means);
        expect(new Float64Array(gram.values)).toEqual(expected.values);
        expect(gram.trace()).toBe(expected.trace);
        expect(new SharedGram(gram.handle).values).toEqual(gram.values); // as another thread sees it
      }),
      { seed: 113, numRuns: 150 },
    );
  });
});

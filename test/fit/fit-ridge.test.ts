import { describe, expect, it } from 'vitest';
import { fitRidge, gramOf } from '../../src/fit/fit-ridge.ts';
import { wholeRows } from '../../src/kernel/memory/feature-rows.ts';
import { SharedRows } from '../../src/kernel/memory/shared-rows.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { choleskyFactor } from '../../src/ridge/cholesky.ts';
import { columnMeans } from '../../src/ridge/column-means.ts';
import { Workers } from '../../src/workers/workers.ts';
import * as reference from '../support/brute-force/reference.ts';
import { failureOf } from '../support/models/refusal.ts';

const [ROWS, COLUMNS] = [2500, 37];
const random = new SeededRandom(37);
const features = Float32Array.from({ length: ROWS * COLUMNS }, () => random.normal() + 1);

/** Enough for workers to share: in the main thread alone fewer multiply-adds are done. */
function rowsFor(threads: Workers, shardBytes?: number): SharedRows {
  const shared = SharedRows.make(ROWS, COLUMNS, threads.slots, shardBytes);
  let filled = 0;
  for (const shard of shared.shards) {
    shard.set(features.subarray(filled, filled + shard.length));
    filled += shard.length;
  }
  return shared;
}

describe('fitRidge', () => {
  it.each([1, 2, 3, 7])('has the bits of the reference with %i workers', async (workers) => {
    const threads = new Workers(workers, 1);
    const settings = { centre: true, intercept: false, lambda: { relative: 2 } };
    const whole = wholeRows(features, COLUMNS);
    const means = columnMeans(whole);
    const { values, trace } = reference.gramOf(whole, means);
    const lambda = (2 * trace) / COLUMNS;
    for (const shardBytes of [undefined, 1]) {
      const fitted = await fitRidge(rowsFor(threads, shardBytes), settings, threads);
      expect(fitted.lambda).toBe(lambda);
      expect(fitted.ridge.means).toEqual(means);
      expect(new Float64Array(fitted.ridge.factor)).toEqual(choleskyFactor(values, COLUMNS, lambda));
    }
    await threads.close();
  });
});

describe('gramOf', () => {
  it('stops with the reason of its signal', async () => {
    const threads = new Workers(2, 1);
    const reason = new Error('the client has gone');
    const act = () => gramOf(rowsFor(threads), new Float64Array(COLUMNS), threads, AbortSignal.abort(reason));
    expect(await failureOf(act)).toBe(reason);
    await threads.close();
  });
});

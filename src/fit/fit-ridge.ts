import type { SharedRows } from '../kernel/memory/shared-rows.ts';
import { GRAM_BLOCK } from '../kernel/reference/gram.ts';
import { absoluteLambda, type RidgeSettings } from '../model/lambda.ts';
import type { ModelSettings } from '../model/settings.ts';
import type { SharedRidge } from '../ridge/contribution-pass.ts';
import { SharedFactor } from '../ridge/shared-factor.ts';
import { SharedGram } from '../ridge/shared-gram.ts';
import type { Workers } from '../workers/workers.ts';

/** Multiply-adds of one task: some 50 ms, after which a worker may do something else. */
const TASK_WORK = 500_000_000;

/**
 * Fits a ridge classifier to encoded rows, which it keeps, without their labels. Also returns the lambda in use, absolute.
 * Throws a SuretyError when lambda does not fit the features. Cost: O(n d^2 + d^3), in the workers.
 */
export async function fitRidge(
  features: SharedRows,
  settings: RidgeSettings,
  workers: Workers,
): Promise<{ ridge: SharedRidge; lambda: number }> {
  const { rows, columns, handle } = features;
  const means = settings.centre
    ? await workers.run('columnMeans', handle, rows * columns)
    : new Float64Array(columns);
  const gram = await gramOf(features, means, workers);
  const { shared, lambda } = await factorOf(gram, settings.lambda, workers).finally(() =>
    workers.letGo(gram.values.byteLength),
  );
  const { intercept } = settings;
  return { ridge: { features, shared, factor: shared.packed, means, intercept, rows }, lambda };
}

/**
 * The Gram matrix of features less their means. Equal arguments give equal bits, however many threads share the work. Throws
 * the signal's reason when it is aborted. Cost: n d^2 / 2 multiply-adds.
 */
export async function gramOf(
  features: SharedRows,
  means: Float64Array,
  workers: Workers,
  signal?: AbortSignal,
): Promise<SharedGram> {
  const { rows, columns } = features;
  const gram = SharedGram.make(columns, workers.slots);
  const ranges = evenRanges(columns, workers.count);
  const step =
    GRAM_BLOCK * Math.max(1, Math.floor((TASK_WORK * ranges.length) / (GRAM_BLOCK * columns ** 2)));
  const addAll = async (range: readonly [number, number]) => {
    for (let from = 0; from < rows; from += step) {
      const to = Math.min(rows, from + step);
      const task = { rows: features.handle, gram: gram.handle, means, from, to, range };
      await workers.run('addToGram', task, ((to - from) * columns ** 2) / ranges.length);
      signal?.throwIfAborted();
    }
  };
  await Promise.all(ranges.map(addAll));
  return gram;
}

/** Divides the rows of an upper triangle into `count` ranges, or fewer, of about as many entries. */
function evenRanges(size: number, count: number): [number, number][] {
  const ranges: [number, number][] = [];
  let first = 0;
  for (let part = 1; part <= count && first < size; part++) {
    // of the last (size - k) rows the triangle has a share of (1 - k / size)^2
    const last = part === count ? size : 4 * Math.round((size * (1 - Math.sqrt(1 - part / count))) / 4);
    if (last > first) ranges.push([first, last]);
    first = Math.max(first, last);
  }
  return ranges;
}

/**
 * The absolute lambda of a setting, and the Cholesky factor of the Gram matrix + lambda I. Throws a SuretyError when
 * lambda does not fit the features. Cost: O(d^3), in a worker.
 */
export async function factorOf(
  gram: SharedGram,
  setting: ModelSettings['lambda'],
  workers: Workers,
): Promise<{ shared: SharedFactor; lambda: number }> {
  const { size } = gram;
  const lambda = absoluteLambda(setting, gram.trace(), size);
  const shared = SharedFactor.make(size, workers.slots);
  await workers.run('factor', { gram: gram.handle, factor: shared.handle, lambda }, size ** 3 / 3);
  return { shared, lambda };
}

import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { SuretyError } from '../errors.ts';
import { collectGarbage } from './collect-garbage.ts';

/** The engine's limit counts so much for young values, which is of no use for those that stay. */
const YOUNG_BYTES = 192 * 2 ** 20;

/** What values that stay may take of this thread's heap; an engine that needs more ends the process. */
export const HEAP_BYTES = getHeapStatistics().heap_size_limit - YOUNG_BYTES;

/** Of that, what large requests may fill; the rest is for requests that need little. */
const MAX_HEAP_SHARE = 0.7;

/** A heap that is filled, perhaps with garbage, is collected at most so often. */
const COLLECT_MS = 10_000;
let collected = Number.NEGATIVE_INFINITY;

/**
 * For whatever turns a few bytes of a request into many of the heap: values of JSON, levels of a column. Throws 503
 * `overloaded` long before the heap is full. `needed`: bytes that the next step may take at once. Cost: two
 * microseconds, as long as the heap is far from full.
 */
export function guardHeap(needed = 0): void {
  if (!heapIsFilled(MAX_HEAP_SHARE, needed)) return;
  throw new SuretyError('overloaded', 'The memory of the service is nearly full; try again, or send less');
}

/**
 * Whether old values, and `needed` bytes more, take more than a share of the heap. Memory outside it, such as typed
 * arrays, does not count. Some may be garbage that the engine sees no reason yet to collect: so it is told to, and a
 * caller who tries again finds the room.
 */
export function heapIsFilled(share: number, needed = 0): boolean {
  const most = share * HEAP_BYTES - needed;
  if (getHeapStatistics().used_heap_size <= most || oldBytes() <= most) return false;
  if (performance.now() - collected > COLLECT_MS) {
    collected = performance.now();
    collectGarbage();
  }
  return true;
}

function oldBytes(): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name }) => space_name !== 'new_space')
    .reduce((sum, { space_used_size }) => sum + space_used_size, 0);
}

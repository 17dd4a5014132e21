import type { GainBuckets } from '../kernel/gain-buckets.ts';
import type { Contest } from './contest.ts';
import type { Query } from './query.ts';

/** A training row whose label speaks for the prediction: `contribution` > 0 is what it adds to the lead. */
export interface InfluentialRow {
  readonly row: number;
  readonly contribution: number;
}

/**
 * The `count` training rows whose labels add most to the lead in a contest, w(y_i) alpha_i, the largest first, ties by
 * row number; fewer when fewer add anything. Exact: weights are -1, 0 or 1. Cost: O(n + count log count).
 */
export function influentialRows(
  { alpha, labels }: Query,
  { weights }: Contest,
  count: number,
  buckets: GainBuckets,
): InfluentialRow[] {
  const { gains } = buckets;
  for (let row = 0; row < gains.length; row++) gains[row] = Math.max(weights[labels[row]!]! * alpha[row]!, 0);
  buckets.load();
  const largest = buckets.largest(Math.min(count, buckets.positive));
  const rows = Array.from(largest, (row) => ({ row, contribution: gains[row]! }));
  return rows.sort((a, b) => b.contribution - a.contribution); // stable: ties stay in the order of the rows
}

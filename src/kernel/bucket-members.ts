import { bucketOf, upperHalves } from './count-buckets.ts';
import { expectRoom } from './expect-length.ts';

/**
 * Writes the positive gains in one bucket to `out`, in the order of the rows, and returns how many. `top` is what
 * `countBuckets` returned for these gains. `out` must have room for all n. Cost: one pass over n gains.
 */
export function bucketMembers(gains: Float64Array, top: number, bucket: number, out: Float64Array): number {
  expectRoom('bucketMembers: out', out, gains.length);
  const halves = upperHalves(gains);
  let found = 0;
  for (let row = 0; row < gains.length; row++) {
    const gain = gains[row]!;
    if (gain > 0 && bucketOf(halves[2 * row + 1]!, top) === bucket) out[found++] = gain;
  }
  return found;
}

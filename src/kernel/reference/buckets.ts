import { expectLength, expectRoom } from '../expect-length.ts';
import { BUCKETS, SHIFT } from '../shared-constants.ts';

if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) {
  throw new Error(
    'this machine is big-endian; the bucket numbers below, and stored models, need little-endian',
  );
}

/** For the upper half of a double's bits. */
const HALF_SHIFT = SHIFT - 32;

/**
 * Counts and sums the positive gains by bucket. Positive doubles order like their bits, so the leading bits are a bucket
 * number; bucket b (0 is the highest) holds the gains whose number is b less than that of the largest, which is returned;
 * 0 when there are none.
 *
 * Writes `counts` and `totals` (BUCKETS each). The order of additions to a total is that of the rows. NaN is not
 * positive. Cost: two passes over n gains.
 */
export function countBuckets(gains: Float64Array, counts: Int32Array, totals: Float64Array): number {
  expectLength('countBuckets: counts', counts, BUCKETS);
  expectLength('countBuckets: totals', totals, BUCKETS);
  const halves = upperHalves(gains);
  let largest = 0;
  for (let row = 0; row < gains.length; row++) {
    if (gains[row]! > 0) largest = Math.max(largest, halves[2 * row + 1]!);
  }
  const top = largest >>> HALF_SHIFT;
  counts.fill(0);
  totals.fill(0);
  for (let row = 0; row < gains.length; row++) {
    const gain = gains[row]!;
    if (!(gain > 0)) continue;
    const bucket = bucketOf(halves[2 * row + 1]!, top);
    counts[bucket] = counts[bucket]! + 1;
    totals[bucket] = totals[bucket]! + gain;
  }
  return top;
}

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

/** Bits of the doubles, 32 at a time, the upper ones second. */
export function upperHalves(gains: Float64Array): Uint32Array {
  return new Uint32Array(gains.buffer, gains.byteOffset, 2 * gains.length);
}

/** Bucket of a positive gain, given the upper half of its bits and the number of the largest gain's bucket. */
function bucketOf(half: number, top: number): number {
  return Math.min(top - (half >>> HALF_SHIFT), BUCKETS - 1);
}

import { BUCKETS as COUNT, SHIFT as PLACES } from '../shared-constants';

const BUCKETS: u64 = <u64>COUNT;
const SHIFT: u64 = <u64>PLACES;
const INFINITY_BITS: u64 = 0x7ff0_0000_0000_0000;

/**
 * Without branches, which would be mispredicted, as many gains are 0: rows without a positive gain add 0 to one of eight
 * entries of `spare` (128 bytes) instead, in turn, since additions to the same entry wait for each other.
 */
export function countBuckets(gains: usize, rows: usize, counts: usize, totals: usize, spare: usize): u32 {
  memory.fill(counts, 0, (<usize>BUCKETS) << 2);
  memory.fill(totals, 0, (<usize>BUCKETS) << 3);
  memory.fill(spare, 0, 128);
  const top = reinterpret<u64>(largest(gains, rows)) >> SHIFT;
  for (let row: usize = 0; row < rows; row++) {
    const gain = load<f64>(gains + (row << 3));
    const positive = gain > 0;
    const bits = reinterpret<u64>(gain) & (0 - u64(positive));
    const bucket = <usize>min<u64>(top - (bits >> SHIFT), BUCKETS - 1);
    const turn = spare + ((row & 7) << 4);
    const count = select<usize>(counts + (bucket << 2), turn, positive);
    const total = select<usize>(totals + (bucket << 3), turn + 8, positive);
    store<u32>(count, load<u32>(count) + u32(positive));
    store<f64>(total, load<f64>(total) + reinterpret<f64>(bits));
  }
  return <u32>top;
}

/** The largest positive gain; 0 when there is none. */
function largest(gains: usize, rows: usize): f64 {
  let a0 = f64x2.splat(0);
  let a1 = a0;
  let row: usize = 0;
  for (; row + 4 <= rows; row += 4) {
    a0 = f64x2.pmax(a0, v128.load(gains + (row << 3))); // NaN is not larger
    a1 = f64x2.pmax(a1, v128.load(gains + (row << 3), 16));
  }
  a0 = f64x2.pmax(a0, a1);
  let most = max(f64x2.extract_lane(a0, 0), f64x2.extract_lane(a0, 1));
  for (; row < rows; row++) {
    const gain = load<f64>(gains + (row << 3));
    if (gain > most) most = gain;
  }
  return most;
}

/** Positive doubles order like their bits, so that a bucket is an interval: two comparisons tell its members. */
export function bucketMembers(gains: usize, rows: usize, top: u32, bucket: u32, out: usize): u32 {
  if (bucket > top) return 0;
  // the last bucket goes on down to the smallest double; one that reaches 0 leaves out 0 itself
  const lowest = <u64>bucket === BUCKETS - 1 ? 1 : max<u64>((<u64>(top - bucket)) << SHIFT, 1);
  const beyond = (<u64>(top - bucket) + 1) << SHIFT;
  const least = f64x2.splat(reinterpret<f64>(lowest));
  const most = f64x2.splat(reinterpret<f64>(min<u64>(beyond - 1, INFINITY_BITS)));
  let found = out;
  let row: usize = 0;
  for (; row + 2 <= rows; row += 2) {
    const pair = v128.load(gains + (row << 3));
    const members = v128.and(f64x2.ge(pair, least), f64x2.le(pair, most));
    if (!v128.any_true(members)) continue;
    if (i64x2.extract_lane(members, 0) !== 0) {
      store<f64>(found, f64x2.extract_lane(pair, 0));
      found += 8;
    }
    if (i64x2.extract_lane(members, 1) !== 0) {
      store<f64>(found, f64x2.extract_lane(pair, 1));
      found += 8;
    }
  }
  if (row < rows) {
    const gain = load<f64>(gains + (row << 3));
    if (gain >= f64x2.extract_lane(least, 0) && gain <= f64x2.extract_lane(most, 0)) {
      store<f64>(found, gain);
      found += 8;
    }
  }
  return <u32>(found - out) >> 3;
}

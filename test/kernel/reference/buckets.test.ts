import { expect, it } from 'vitest';
import { bucketMembers, countBuckets } from '../../../src/kernel/reference/buckets.ts';
import { BUCKETS } from '../../../src/kernel/shared-constants.ts';

/** The buckets that hold anything, as [bucket, count, total], and the number of the highest. */
function counted(gains: number[]) {
  const counts = new Int32Array(BUCKETS).fill(9); // what was there before does not count
  const totals = new Float64Array(BUCKETS).fill(9);
  const top = countBuckets(Float64Array.from(gains), counts, totals);
  const held = [...counts.keys()].filter((bucket) => counts[bucket]! > 0);
  return { top, buckets: held.map((bucket) => [bucket, counts[bucket], totals[bucket]]) };
}

function membersOf(gains: number[], top: number, bucket: number): number[] {
  const out = new Float64Array(gains.length);
  return [...out.subarray(0, bucketMembers(Float64Array.from(gains), top, bucket, out))];
}

/*
 * Five gains. A bucket is a sixteenth of an octave: 4 to 4.25, 4.25 to 4.5, .. below 8; 2 to 2.125, ..
 *
 *   row   gain     bucket, from the largest gain's down
 *    0    4         0
 *    1    1        32    two octaves lower
 *    2    4.125     0    the largest
 *    3    3.875     1    the last sixteenth of 2 to 4
 *    4    2        16
 *
 * The number of the highest bucket is the leading bits of 4.125: its exponent, 2 + 1023, and four bits 0.
 */
const gains = [4, 1, 4.125, 3.875, 2];
const top = 1025 * 16;

it('counts and adds up the gains of a bucket', () => {
  expect(counted(gains)).toEqual({
    top,
    buckets: [
      [0, 2, 8.125],
      [1, 1, 3.875],
      [16, 1, 2],
      [32, 1, 1],
    ],
  });
});

it('finds the members of a bucket in the order of the rows', () => {
  expect(membersOf(gains, top, 0)).toEqual([4, 4.125]);
  expect(membersOf(gains, top, 16)).toEqual([2]);
  expect(membersOf(gains, top, 2)).toEqual([]);
});

it('leaves out what is not positive, NaN too', () => {
  const none = [0, -0, -3, Number.NaN];
  expect(counted(none)).toEqual({ top: 0, buckets: [] });
  expect(counted([...none, ...gains])).toEqual(counted(gains));
  expect(membersOf([...none, ...gains], top, 0)).toEqual([4, 4.125]);
  expect(membersOf(none, top, BUCKETS - 1)).toEqual([]);
});

it('puts all gains below 64 octaves in the last bucket', () => {
  const small = [1, 2 ** -63, 2 ** -65, 2 ** -70]; // 63 octaves lower is 16 x 63 = 1008, 65 would be 1040
  expect(counted(small).buckets).toEqual([
    [0, 1, 1],
    [1008, 1, 2 ** -63],
    [1023, 2, 2 ** -65 + 2 ** -70],
  ]);
  expect(membersOf(small, 1023 * 16, 1023)).toEqual([2 ** -65, 2 ** -70]);
});

import { heapMemory } from './memory/heap-memory.ts';
import { KernelMemory } from './memory/kernel-memory.ts';
import type { Memory } from './memory/memory.ts';
import type { Kernel } from './reference/reference-kernel.ts';
import { referenceKernel } from './reference/reference-kernel.ts';
import { BUCKETS } from './shared-constants.ts';

/**
 * Finds the largest gains in order without sorting all of them.
 *
 * Positive doubles order like their bit patterns, so the leading bits are a bucket number. `load` counts and
 * sums the gains by bucket; `descend` then walks from the largest gain down and sorts only the one bucket in
 * which the walk ends. Cost: O(n) plus the sort of one bucket (at most a sixteenth of an octave).
 * certificates.md section 2.
 *
 * One instance serves one thread; it owns its scratch memory and allocates nothing per query.
 */
export class GainBuckets {
  /** What fills `gains`, too. */
  readonly kernel: Kernel;
  readonly #memory: Float64Array;
  #gains: Float64Array;
  readonly #counts: Int32Array;
  readonly #totals: Float64Array;
  readonly #members: Float64Array;
  #top = 0;

  /** Bytes that an instance for so many rows takes of its memory. */
  static bytesFor(rows: number): number {
    return KernelMemory.bytesFor(8 * rows, 4 * BUCKETS, 8 * BUCKETS, 8 * rows);
  }

  /** `memory` is the kernel's. */
  constructor(rows: number, kernel: Kernel = referenceKernel, memory: Memory = heapMemory) {
    this.kernel = kernel;
    this.#memory = memory.doubles(rows);
    this.#gains = this.#memory;
    this.#counts = memory.integers(BUCKETS);
    this.#totals = memory.doubles(BUCKETS);
    this.#members = memory.doubles(rows);
  }

  /** The gains of the current contest, one a row; fill it, then call `load`. */
  get gains(): Float64Array {
    return this.#gains;
  }

  /** Goes on with the first `rows` of the rows that it was made for. Throws a RangeError when it has fewer. */
  resize(rows: number): void {
    if (rows > this.#memory.length) {
      throw new RangeError(`resize: expected at most ${this.#memory.length} rows, got ${rows}`);
    }
    this.#gains = this.#memory.subarray(0, rows);
  }

  /** Counts and sums the gains by bucket. */
  load(): void {
    this.#top = this.kernel.countBuckets(this.#gains, this.#counts, this.#totals);
  }

  /** How many of the loaded gains are positive. */
  get positive(): number {
    let positive = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) positive += this.#counts[bucket]!;
    return positive;
  }

  /**
   * Takes gains from the largest down as long as `stands(total so far)` holds, at most all of them.
   *
   * `stands` must be monotone: once false, false for every larger total. Totals are plain floating-point sums
   * of the gains taken (error: `summationError(count, total)`); the caller allows for it. Returns how many
   * were taken, whether these are all, and the total of one more (the first that fails; equal to the last total when none does).
   */
  descend(stands: (total: number) => boolean): { taken: number; all: boolean; nextTotal: number } {
    let taken = 0;
    let total = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.#counts[bucket]!;
      if (count === 0) continue;
      const after = total + this.#totals[bucket]!;
      if (stands(after)) {
        taken += count;
        total = after;
        continue;
      }
      const members = this.#sortedMembers(bucket);
      for (let i = count - 1; i >= 0; i--) {
        const next = total + members[i]!;
        if (!stands(next)) return { taken, all: false, nextTotal: next };
        total = next;
        taken++;
      }
    }
    return { taken, all: true, nextTotal: total };
  }

  /** The gain of rank `count` (1 is the largest). Assumes 1 <= count <= the number of positive gains. */
  rank(count: number): number {
    let above = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const size = this.#counts[bucket]!;
      if (above + size >= count) return this.#sortedMembers(bucket)[size - (count - above)]!;
      above += size;
    }
    throw new RangeError(`rank: ${count} of ${above} positive gains`);
  }

  /**
   * The row numbers of the `count` largest gains, ascending; among equal gains the smaller ones. Assumes 0 <= count <=
   * the number of positive gains. Cost: O(n).
   */
  largest(count: number): Int32Array {
    const rows = new Int32Array(count);
    if (count === 0) return rows;
    const least = this.rank(count);
    let ties = count;
    for (const gain of this.#gains) if (gain > least) ties--;
    for (let row = 0, found = 0; row < this.#gains.length; row++) {
      const gain = this.#gains[row]!;
      if (gain > least || (gain === least && ties-- > 0)) rows[found++] = row;
    }
    return rows;
  }

  /** All positive gains, ascending. O(n log n): for the rare exact pass. */
  allSorted(): Float64Array {
    return this.#gains.filter((gain) => gain > 0).sort();
  }

  #sortedMembers(bucket: number): Float64Array {
    const count = this.kernel.bucketMembers(this.#gains, this.#top, bucket, this.#members);
    return this.#members.subarray(0, count).sort();
  }
}

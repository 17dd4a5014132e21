if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) {
  throw new Error(
    'this machine is big-endian; the bucket numbers below, and stored models, need little-endian',
  );
}

/**
 * Buckets: 64 octaves below the largest gain, 16 a piece; whatever is smaller still shares the last bucket.
 */
const BUCKETS = 1024;
/**
 * The upper half of a double, shifted so far, is its sign, its exponent and the 4 leading bits of its
 * fraction.
 */
const SHIFT = 16;

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
  readonly #memory: Float64Array;
  #gains: Float64Array;
  #halves: Uint32Array;
  readonly #counts = new Int32Array(BUCKETS);
  readonly #totals = new Float64Array(BUCKETS);
  readonly #sorted: Float64Array;
  #top = 0;

  constructor(rows: number) {
    this.#memory = new Float64Array(rows);
    this.#gains = this.#memory;
    this.#halves = new Uint32Array(this.#memory.buffer);
    this.#sorted = new Float64Array(rows);
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
    this.#halves = new Uint32Array(this.#memory.buffer, 0, 2 * rows);
  }

  /** Counts and sums the gains by bucket; returns how many are positive. */
  load(): number {
    const halves = this.#halves;
    let top = 0;
    for (let i = 1; i < halves.length; i += 2) if (halves[i]! > top) top = halves[i]!;
    this.#top = top >>> SHIFT;
    this.#counts.fill(0);
    this.#totals.fill(0);
    let positive = 0;
    for (let row = 0; row < this.#gains.length; row++) {
      const gain = this.#gains[row]!;
      if (!(gain > 0)) continue;
      positive++;
      const bucket = this.#bucketOf(row);
      this.#counts[bucket] = this.#counts[bucket]! + 1;
      this.#totals[bucket] = this.#totals[bucket]! + gain;
    }
    return positive;
  }

  /**
   * Takes gains from the largest down as long as `stands(total so far)` holds, at most all of them.
   *
   * `stands` must be monotone: once false, false for every larger total. Totals are plain floating-point sums
   * of the gains taken (error: `summationError(count, total)`); the caller allows for it. Returns how many
   * were taken, the total of one more (the first that fails; equal to the last total when none does).
   */
  descend(stands: (total: number) => boolean): { taken: number; nextTotal: number } {
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
      const members = this.#sortedMembers(bucket, count);
      for (let i = count - 1; i >= 0; i--) {
        const next = total + members[i]!;
        if (!stands(next)) return { taken, nextTotal: next };
        total = next;
        taken++;
      }
    }
    return { taken, nextTotal: total };
  }

  /** The gain of rank `count` (1 is the largest). Assumes 1 <= count <= the number of positive gains. */
  rank(count: number): number {
    let above = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const size = this.#counts[bucket]!;
      if (above + size >= count) return this.#sortedMembers(bucket, size)[size - (count - above)]!;
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

  #bucketOf(row: number): number {
    const below = this.#top - (this.#halves[2 * row + 1]! >>> SHIFT);
    return below < BUCKETS ? below : BUCKETS - 1;
  }

  #sortedMembers(bucket: number, count: number): Float64Array {
    const members = this.#sorted.subarray(0, count);
    let found = 0;
    for (let row = 0; row < this.#gains.length && found < count; row++) {
      const gain = this.#gains[row]!;
      if (gain > 0 && this.#bucketOf(row) === bucket) members[found++] = gain;
    }
    return members.sort();
  }
}

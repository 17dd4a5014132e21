import { UNIT_ROUNDOFF } from '../kernel/rounding.ts';
import { LOG_HALF } from './kullback-leibler.ts';
import type { LabelNoise } from './label-noise.ts';

/** No table counts more flips than this: it bounds the memory (512 KiB) and the time of building it. */
const MAX_FLIPS = 2 ** 16;
/** Entries of the distribution below this are dropped; what is dropped is counted as an error. */
const LEAST_ENTRY = 1e-40;

/**
 * The Neyman-Pearson certificate of a smoothed classifier: r changed labels leave P(failure) below 1/2 if
 * under the registered labels log P(failure) < log b_r. Tight for a classifier of which nothing but this
 * probability is known, so never below the Kullback-Leibler certificate. Lee et al. (NeurIPS 2019);
 * certificates.md section 3.4.
 *
 * One table serves one (q, K): thresholds are computed for r = 1, 2, .. as far as they are asked for, and
 * kept.
 *
 * Over r changed rows let T count those that show the new label less those that show the old one; Q is its
 * distribution after the change, P before, and P(T = t) = beta^-t Q(T = t), beta = (1-q)/q'. For every t0,
 *
 *     b_r >= beta^-t0 (1/2 - sum over t > t0 of Q(T = t) (1 - beta^-(t - t0)))
 *
 * (Lagrangian duality), with equality for the median t0 of Q. Guarantee: whatever t0 rounding picks, the
 * threshold is a lower end. Q comes from r-fold convolution; each step multiplies the relative error of its
 * non-negative entries by at most (1 + 5 u), and dropped entries are counted.
 */
export class NeymanPearsonTable {
  readonly noise: LabelNoise;
  /** log b_r at place r; b_0 = 1/2. */
  readonly #thresholds: number[] = [LOG_HALF];
  /** Q(T = first + i) over the rows convolved so far. */
  #distribution = Float64Array.of(1);
  /** Where the next distribution is written: the memory of the one before. */
  #spare = new Float64Array(0);
  #first = 0;
  #dropped = 0;

  constructor(noise: LabelNoise) {
    this.noise = noise;
  }

  /**
   * The largest r, at most `cap`, such that logFailure < log b_r; 0 when there is none. Cost: O(log r) once
   * the table is built.
   */
  flips(logFailure: number, cap: number): number {
    const most = Math.min(cap, MAX_FLIPS);
    while (!this.covers(logFailure, most)) this.#extend();
    let low = 0;
    let high = Math.min(most, this.#thresholds.length - 1);
    // the thresholds fall with r: the largest place that is still above logFailure
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (logFailure < this.#thresholds[middle]!) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Whether all thresholds are there that `flips` needs. */
  covers(logFailure: number, cap: number): boolean {
    return this.#thresholds.length > Math.min(cap, MAX_FLIPS) || !(logFailure < this.#thresholds.at(-1)!);
  }

  /** log b_r at its lower end, 1 <= r <= 65,536. */
  threshold(flips: number): number {
    if (!(flips >= 0 && flips <= MAX_FLIPS)) throw new RangeError(`threshold: ${flips} flips`);
    while (this.#thresholds.length <= flips) this.#extend();
    return this.#thresholds[flips]!;
  }

  #extend(): void {
    this.#convolve();
    const rows = this.#thresholds.length;
    const computed = this.#logThreshold(rows);
    // b_r falls with r: a value that rounding has put above its predecessor is no better than it
    this.#thresholds.push(Math.min(computed, this.#thresholds.at(-1)!));
  }

  /** One more changed row: it shows its new label (+1), its old one (-1), or another (0). */
  #convolve(): void {
    const { q, classes } = this.noise;
    const other = q / (classes - 1);
    const [gained, lost, neither] = [1 - q, other, other * (classes - 2)];
    const before = this.#distribution;
    const length = before.length + 2;
    const after = this.#spare.length < length ? new Float64Array(2 * length) : this.#spare;
    let [last, lastButOne] = [0, 0];
    for (let i = 0; i < length; i++) {
      const entry = i < before.length ? before[i]! : 0;
      after[i] = gained * lastButOne + neither * last + lost * entry;
      lastButOne = last;
      last = entry;
    }
    let from = 0;
    let to = length;
    while (from < to && after[from]! < LEAST_ENTRY) this.#dropped += after[from++]!;
    while (to > from && after[to - 1]! < LEAST_ENTRY) this.#dropped += after[--to]!;
    this.#distribution = after.subarray(from, to);
    this.#spare = new Float64Array(before.buffer);
    this.#first += from - 1;
  }

  #logThreshold(rows: number): number {
    const { q, classes } = this.noise;
    const ratio = q / (classes - 1) / (1 - q); // 1 / beta
    const distribution = this.#distribution;
    let above = 0; // Q(T > t0)
    let median = distribution.length - 1;
    while (median > 0 && above + distribution[median]! < 0.5) above += distribution[median--]!;
    let weighted = 0; // sum over t > t0 of Q(T = t) (1 - beta^-(t - t0))
    let power = 1;
    for (let i = median + 1; i < distribution.length; i++) {
      power *= ratio;
      weighted += distribution[i]! * (1 - power);
    }
    // 5 u a row for the entries, their sum and weights another few u an entry; all are non-negative and add
    // up to 1 at most
    const error = this.#dropped + (5 * rows + 8 * distribution.length) * UNIT_ROUNDOFF;
    const bracket = 0.5 - weighted - 2 * error;
    if (!(bracket > 0)) return Number.NEGATIVE_INFINITY;
    const place = this.#first + median;
    const shift = place * Math.log(ratio);
    const value = shift + Math.log(bracket);
    // The ratio is within 3 u, which moves its logarithm by as much however small it is: 4 u for each place.
    const slack = 8 * (Math.abs(shift) + Math.abs(value) + 1) + 4 * Math.abs(place);
    return value - UNIT_ROUNDOFF * slack;
  }
}

import { type CertifiedRows, WRONG } from './certified-accuracy.ts';

/**
 * A test set after certification, class by class: how many of a class's rows are predicted correctly and certified for so
 * many flips. certificates.md section 8. Cost: O(m log m) once, O(log m) a class and number of flips.
 */
export class ClassRecalls {
  /** Flips of the rows of each class, ascending. */
  readonly #sorted: readonly Int32Array[];

  /** `truth`: the class number of each row. */
  constructor(flips: CertifiedRows, truth: Int32Array, classes: number) {
    const counts = new Int32Array(classes);
    for (const label of truth) counts[label]!++;
    const sorted = Array.from(counts, (rows) => new Int32Array(rows).fill(WRONG));
    counts.fill(0);
    for (let row = 0; row < truth.length; row++) sorted[truth[row]!]![counts[truth[row]!]!++] = flips[row]!;
    for (const own of sorted) own.sort();
    this.#sorted = sorted;
  }

  /** Test rows of a class. */
  rows(label: number): number {
    return this.#sorted[label]!.length;
  }

  /** Share of a class's rows that are correct and certified for at least `flips`; null for a class without rows. */
  recall(label: number, flips: number): number | null {
    const own = this.#sorted[label]!;
    if (own.length === 0) return null;
    let low = 0;
    let high = own.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (own[middle]! < flips) low = middle + 1;
      else high = middle;
    }
    return (own.length - low) / own.length;
  }

  /** Balanced accuracy at so many flips: the mean of the recalls of the classes that have test rows. */
  balancedAccuracy(flips: number): number {
    let sum = 0;
    let present = 0;
    for (let label = 0; label < this.#sorted.length; label++) {
      const recall = this.recall(label, flips);
      if (recall === null) continue;
      sum += recall;
      present++;
    }
    return sum / present;
  }
}

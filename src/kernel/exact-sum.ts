/**
 * The exact sum of any number of doubles, kept as a non-overlapping expansion of doubles.
 *
 * Guarantee: `sign()` is the sign of the real-number sum of everything added. Assumes that no partial sum
 * overflows (callers bound the magnitude first); underflow is harmless, since sums of doubles
 * never round below the smallest subnormal. Proof: Shewchuk, "Adaptive Precision Floating-Point
 * Arithmetic and Fast Robust Geometric Predicates" (1997), theorem 10 (grow-expansion). Cost: O(partials) an
 * addition, in practice two to four.
 */
export class ExactSum {
  readonly #partials: number[] = [];

  add(value: number): void {
    const partials = this.#partials;
    let carried = value;
    let kept = 0;
    for (let i = 0; i < partials.length; i++) {
      const partial = partials[i]!;
      const larger = Math.abs(carried) >= Math.abs(partial) ? carried : partial;
      const smaller = larger === carried ? partial : carried;
      const sum = larger + smaller;
      const lost = smaller - (sum - larger); // exact: Dekker's fast two-sum
      if (lost !== 0) partials[kept++] = lost;
      carried = sum;
    }
    partials.length = kept;
    if (carried !== 0) partials.push(carried);
  }

  /** -1, 0 or 1. The largest partial outweighs all the others together, so its sign is the sum's. */
  sign(): number {
    return Math.sign(this.#partials.at(-1) ?? 0);
  }
}

import { Bernoulli } from '../kernel/bernoulli.ts';
import { classSums } from '../kernel/reference/class-sums.ts';
import { summationError } from '../kernel/rounding.ts';
import type { SeededRandom } from '../kernel/seeded-random.ts';
import type { DecisionRule } from './contest.ts';
import type { LabelNoise } from './label-noise.ts';

/**
 * Votes of the linear classifier over noisy label vectors, for a block of queries at once: the labels of a
 * sample are drawn once and every query of the block is answered on them. certificates.md section 4.
 *
 * A sample counts for a class only where its lead over every rival is beyond the rounding error; else for
 * none, which can make a certificate smaller only. Guarantee: labels change with probability exactly q (see
 * `Bernoulli`) to one of the others, uniformly; the same seed gives the same votes on any machine, however
 * samples are split over calls, or over objects that go on from the state of each other's random numbers, and
 * whichever queries share the block.
 *
 * Assumes finite contributions whose absolute values add up to less than 2^1000, and two classes for a
 * threshold. Memory: a copy of the block's contributions. Cost of a sample: n/5 random words and q n updates
 * a query.
 */
export class NoisyVotes {
  readonly #labels: Int32Array;
  readonly #rule: DecisionRule;
  readonly #classes: number;
  readonly #queries: number;
  /** rows x queries: a changed row moves all queries of the block in one stretch. */
  readonly #alphas: Float64Array;
  /** classes x queries: under the registered labels, and under those of the current sample. */
  readonly #registered: Float64Array;
  readonly #sums: Float64Array;
  /** Per query, a bound on the rounding error of a lead. */
  readonly #errors: Float64Array;
  /** queries x classes. */
  #counts: Int32Array;
  readonly #random: SeededRandom;
  readonly #changes: Bernoulli;

  /** `alphas`: one vector of n contributions a query. `random` is drawn from, whole samples at a time. */
  constructor(
    labels: Int32Array,
    alphas: readonly Float64Array[],
    rule: DecisionRule,
    noise: LabelNoise,
    random: SeededRandom,
  ) {
    const queries = alphas.length;
    const { q, classes } = noise;
    this.#labels = labels;
    this.#rule = rule;
    this.#classes = classes;
    this.#queries = queries;
    this.#alphas = new Float64Array(labels.length * queries);
    this.#registered = new Float64Array(classes * queries);
    this.#sums = new Float64Array(classes * queries);
    this.#errors = new Float64Array(queries);
    this.#counts = new Int32Array(queries * classes);
    this.#random = random;
    this.#changes = new Bernoulli(q);
    const sums = new Float64Array(classes);
    const magnitudes = new Float64Array(classes);
    for (const [query, alpha] of alphas.entries()) {
      for (let row = 0; row < labels.length; row++) this.#alphas[row * queries + query] = alpha[row]!;
      classSums(alpha, labels, sums, magnitudes);
      for (let label = 0; label < classes; label++) this.#registered[label * queries + query] = sums[label]!;
      this.#errors[query] = noisyLeadError(magnitudes, labels.length, rule);
    }
  }

  /** Draws so many samples more, and counts the votes of each query. */
  draw(samples: number): void {
    for (let sample = 0; sample < samples; sample++) {
      this.#sums.set(this.#registered);
      this.#changeLabels();
      for (let query = 0; query < this.#queries; query++) {
        const winner = this.#rule.kind === 'argmax' ? this.#leader(query) : this.#side(query, this.#rule);
        if (winner !== null) this.#counts[query * this.#classes + winner]! += 1;
      }
    }
  }

  /** The votes since the last call, queries x classes; those for no class are missing from the sum. */
  collect(): Int32Array {
    const counts = this.#counts;
    this.#counts = new Int32Array(counts.length);
    return counts;
  }

  #changeLabels(): void {
    const labels = this.#labels;
    const alphas = this.#alphas;
    const sums = this.#sums;
    const queries = this.#queries;
    for (let start = 0; start < labels.length; start += 32) {
      let changed = this.#changes.word(this.#random);
      if (labels.length - start < 32) changed &= 2 ** (labels.length - start) - 1;
      for (; changed !== 0; changed &= changed - 1) {
        const row = start + 31 - Math.clz32(changed & -changed);
        const label = labels[row]!;
        const from = label * queries;
        const to = this.#otherThan(label) * queries;
        const at = row * queries;
        for (let query = 0; query < queries; query++) {
          const alpha = alphas[at + query]!;
          sums[from + query]! -= alpha;
          sums[to + query]! += alpha;
        }
      }
    }
  }

  /**
   * Each of the other classes with the same probability: as many bits as their number needs, drawn until
   * below it.
   */
  #otherThan(label: number): number {
    const others = this.#classes - 1;
    if (others === 1) return 1 - label;
    const shift = Math.clz32(others - 1);
    let other = this.#random.bits() >>> shift;
    while (other >= others) other = this.#random.bits() >>> shift;
    return other < label ? other : other + 1;
  }

  /** The class that leads every other by more than the error; null when none does. */
  #leader(query: number): number | null {
    let best = 0;
    let second = Number.NEGATIVE_INFINITY;
    const sums = this.#sums;
    for (let label = 1; label < this.#classes; label++) {
      const sum = sums[label * this.#queries + query]!;
      if (sum > sums[best * this.#queries + query]!) {
        second = sums[best * this.#queries + query]!;
        best = label;
      } else second = Math.max(second, sum);
    }
    return sums[best * this.#queries + query]! - second > this.#errors[query]! ? best : null;
  }

  /** The side of the threshold that the positive score is on, by more than the error; null when neither. */
  #side(query: number, { positive, value }: DecisionRule & { kind: 'threshold' }): number | null {
    const above = this.#sums[positive * this.#queries + query]! - value;
    if (above > this.#errors[query]!) return positive;
    return above < -this.#errors[query]! ? 1 - positive : null;
  }
}

/**
 * Bound on the error of a lead, s_c - s_j or s_c - value. Both scores together start from n additions at
 * most, and each changed row brings two more; with the difference that is 3 n + 1 roundings. Every partial
 * result is a sum of contributions of different rows, at last less the other score or the value, so it is at
 * most the sum of all |alpha| and |value|, as is the bound on each rounding over u.
 */
function noisyLeadError(magnitudes: Float64Array, rows: number, rule: DecisionRule): number {
  const total = magnitudes.reduce((sum, magnitude) => sum + magnitude, 0);
  return summationError(3 * rows + 1, total + (rule.kind === 'threshold' ? Math.abs(rule.value) : 0));
}

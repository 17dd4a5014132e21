import { solve } from '../kernel/reference/solve.ts';
import type { Ridge } from './ridge.ts';
import { type ServingError, servingError } from './serving-error.ts';

/**
 * The ridge classifier as K affine functions of the query: s_c(h) = intercepts[c] + theta_c . (h - means).
 * certificates.md section 6.
 */
export interface Coefficients {
  /** theta_c, K x d, row-major. */
  readonly theta: Float64Array;
  /** n_c / n with an intercept, else zeros (K). */
  readonly intercepts: Float64Array;
  /** What the model subtracts from a query (d); zeros when it is not centred. */
  readonly means: Float64Array;
  /** Means of the training features (d); `means` when the model is centred. */
  readonly trainingMeans: Float64Array;
  /** How far what `contributionsTo` serves may be from these scores. */
  readonly served: ServingError;
}

/**
 * Computes theta_c = M^-1 X' 1[y = c], X centred as the model is, in steps, so that a caller can do other work in
 * between: `add` for each block of rows, then `solve` for each class, then `finish`.
 *
 * Guarantee: the coefficients of the classifier that `contributionsTo` serves, up to the rounding of both, which is
 * bounded in `served`. Finite:
 * in exact arithmetic ||theta_c|| is at most sqrt(n) / (2 sqrt(lambda)), the largest singular value of M^-1 X' times that of
 * a 0/1 vector, and lambda is at least 2^-1074; rounding adds a small factor where it drowns lambda. Cost: O(n d + K d^2); memory K d doubles.
 */
export class CoefficientSolver {
  readonly #ridge: Ridge;
  readonly #lambda: number;
  readonly #labels: Int32Array;
  readonly #theta: Float64Array;
  readonly #counts: Float64Array;
  /** Sum of all rows: what is left of it when they are centred is rounding, and is not used. */
  readonly #totals: Float64Array;
  /** Sums of |x_ik| + |means_k|. */
  readonly #sizes: Float64Array;

  /** `lambda`: the absolute one that the ridge's factor was made with. */
  constructor(ridge: Ridge, lambda: number, labels: Int32Array, classes: number) {
    const { means } = ridge;
    this.#ridge = ridge;
    this.#lambda = lambda;
    this.#labels = labels;
    this.#theta = new Float64Array(classes * means.length);
    this.#counts = new Float64Array(classes);
    this.#totals = new Float64Array(means.length);
    this.#sizes = new Float64Array(means.length);
  }

  /** Adds rows `from` (inclusive) to `to` (exclusive) to the right-hand sides X' 1[y = c]. */
  add(from: number, to: number): void {
    const { features, means } = this.#ridge;
    const columns = means.length;
    for (let row = from; row < to; row++) {
      const label = this.#labels[row]!;
      const total = this.#of(label);
      const shard = Math.floor(row / features.rowsPerShard);
      const own = features.shards[shard]!;
      const at = (row - shard * features.rowsPerShard) * columns;
      this.#counts[label] = this.#counts[label]! + 1;
      for (let k = 0; k < columns; k++) {
        const feature = own[at + k]!;
        const value = feature - means[k]!;
        total[k] = total[k]! + value;
        this.#sizes[k] = this.#sizes[k]! + (Math.abs(feature) + Math.abs(means[k]!));
        this.#totals[k] = this.#totals[k]! + value;
      }
    }
  }

  /** Replaces the right-hand side of class `label` by theta_c. */
  solve(label: number): void {
    solve(this.#ridge.factor, this.#of(label), 1);
  }

  finish(): Coefficients {
    const { means, intercept, rows } = this.#ridge;
    const centred = means.some((mean) => mean !== 0);
    return {
      theta: this.#theta,
      intercepts: this.#counts.map((count) => (intercept ? count / rows : 0)),
      means,
      trainingMeans: centred ? means : this.#totals.map((total) => total / rows),
      served: servingError(this.#ridge, this.#lambda, this.#theta, this.#sizes),
    };
  }

  #of(label: number): Float64Array {
    const columns = this.#ridge.means.length;
    return this.#theta.subarray(label * columns, (label + 1) * columns);
  }
}

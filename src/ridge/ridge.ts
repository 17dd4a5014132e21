import { contributions } from '../kernel/contributions.ts';
import { solve } from '../kernel/solve.ts';

/**
 * A fitted ridge classifier without its labels: all that shapes the contributions of the training rows.
 * certificates.md section 1.
 */
export interface Ridge {
  /**
   * Training features, n x d, row-major, single precision, not centred: the means are taken off in the
   * products.
   */
  readonly features: Float32Array;
  /** Subtracted from rows and queries (d); zeros when the model is not centred. */
  readonly means: Float64Array;
  /** Packed Cholesky factor of X'X + lambda I. */
  readonly factor: Float64Array;
  /** Adds an unpenalised intercept; needs centred features. */
  readonly intercept: boolean;
  readonly rows: number;
}

/**
 * Contributions alpha_i = (x_i - mean) . M^-1 (h - mean) (+ 1/n with an intercept) of every training row to
 * the scores of the encoded query h. Writes `alpha` (n); `direction` (d) is scratch. The labels are not an
 * argument, on purpose.
 *
 * Cost: O(d^2 + n d).
 */
export function contributionsTo(
  query: Float32Array,
  ridge: Ridge,
  direction: Float64Array,
  alpha: Float64Array,
): void {
  const { means } = ridge;
  for (let k = 0; k < direction.length; k++) direction[k] = query[k]! - means[k]!;
  solve(ridge.factor, direction, 1);
  let offset = ridge.intercept ? 1 / ridge.rows : 0;
  for (let k = 0; k < direction.length; k++) offset -= means[k]! * direction[k]!;
  contributions(ridge.features, direction, Float64Array.of(offset), alpha);
}

import type { FeatureRows } from '../kernel/memory/feature-rows.ts';
import { referenceKernel } from '../kernel/reference/reference-kernel.ts';

/**
 * A fitted ridge classifier without its labels: all that shapes the contributions of the training rows.
 * certificates.md section 1.
 */
export interface Ridge {
  /** Training features, not centred: the means are taken off in the products. */
  readonly features: FeatureRows;
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
 * argument, on purpose. The definition; `ContributionPass` gives the same bits faster.
 *
 * Cost: O(d^2 + n d).
 */
export function contributionsTo(
  query: Float32Array,
  ridge: Ridge,
  direction: Float64Array,
  alpha: Float64Array,
): void {
  const { means, features } = ridge;
  for (let k = 0; k < direction.length; k++) direction[k] = query[k]! - means[k]!;
  referenceKernel.solve(ridge.factor, direction, 1);
  const offsets = Float64Array.of(offsetOf(ridge, direction));
  for (const [shard, own] of features.shards.entries()) {
    const first = shard * features.rowsPerShard;
    const rows = own.length / features.columns;
    referenceKernel.contributions(own, direction, offsets, alpha.subarray(first, first + rows));
  }
}

/** What every contribution to a query has besides x_i . direction: the means' share, and 1/n with an intercept. */
export function offsetOf(
  { means, intercept, rows }: Pick<Ridge, 'means' | 'intercept' | 'rows'>,
  direction: Float64Array,
): number {
  let offset = intercept ? 1 / rows : 0;
  for (let k = 0; k < direction.length; k++) offset -= means[k]! * direction[k]!;
  return offset;
}

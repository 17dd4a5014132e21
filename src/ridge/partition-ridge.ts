import { contributions } from '../kernel/reference/contributions.ts';
import { contributionsOfRows } from '../kernel/reference/contributions-of-rows.ts';
import { solve } from '../kernel/reference/solve.ts';
import type { Ridge } from './ridge.ts';

/**
 * A ridge classifier on some of the rows of a training set, in the form that takes the smaller matrix.
 *
 * - primal: `factor` is that of X'X + lambda I (d x d), as in every other model.
 * - dual: `factor` is that of X X' + lambda I (n x n). By the push-through identity
 *   (X'X + lambda I)^-1 X' = X' (X X' + lambda I)^-1 (Henderson and Searle, SIAM Review 23, 1981;
 *   multiply both sides out) the contributions X (X'X + lambda I)^-1 h are (X X' + lambda I)^-1 X h.
 *
 * X is centred by `means`. certificates.md section 5.
 */
export interface PartitionRidge extends Ridge {
  readonly form: 'primal' | 'dual';
  /** Which rows of `features` are its own; null: all of them, and they are in one shard. */
  readonly rowNumbers: Int32Array | null;
}

/**
 * Contributions of the partition's rows to the scores of the encoded query h. Writes `alpha` (rows); `direction`
 * (d) is scratch. The labels are not an argument, on purpose. Cost: O(min(n, d)^2 + n d) for n rows.
 */
export function partitionContributions(
  query: Float32Array,
  ridge: PartitionRidge,
  direction: Float64Array,
  alpha: Float64Array,
): void {
  const { features, means, factor, form, rowNumbers } = ridge;
  for (let k = 0; k < direction.length; k++) direction[k] = query[k]! - means[k]!;
  if (form === 'primal') solve(factor, direction, 1);
  let offset = 0;
  for (let k = 0; k < direction.length; k++) offset -= means[k]! * direction[k]!;
  if (rowNumbers === null) contributions(features.shards[0]!, direction, Float64Array.of(offset), alpha);
  else contributionsOfRows(features, rowNumbers, direction, offset, alpha);
  if (form === 'dual') solve(factor, alpha, 1);
  if (!ridge.intercept) return;
  for (let row = 0; row < alpha.length; row++) alpha[row] = alpha[row]! + 1 / ridge.rows;
}

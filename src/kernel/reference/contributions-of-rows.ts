import { expectLength } from '../expect-length.ts';
import type { FeatureRows } from '../memory/feature-rows.ts';
import { dotProduct } from './dot-product.ts';

/**
 * Contributions of some of the rows to one query's scores: alpha[i] = x_r . u + offset, r the i-th of `rowNumbers`, with
 * the bits of `contributions`. Assumes row numbers of rows in `features`. Cost: 2 d operations a row, no allocation.
 */
export function contributionsOfRows(
  { shards, rowsPerShard }: FeatureRows,
  rowNumbers: Int32Array,
  direction: Float64Array,
  offset: number,
  alpha: Float64Array,
): void {
  const columns = direction.length;
  expectLength('contributionsOfRows: row numbers', rowNumbers, alpha.length);
  for (let row = 0; row < alpha.length; row++) {
    const number = rowNumbers[row]!;
    const shard = Math.floor(number / rowsPerShard);
    const at = (number - shard * rowsPerShard) * columns;
    alpha[row] = dotProduct(shards[shard]!, at, direction, 0, columns) + offset;
  }
}

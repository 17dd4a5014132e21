import { dotProduct } from './dot-product.ts';
import { expectLength } from './expect-length.ts';

/**
 * Contributions of some of the rows to one query's scores: alpha[i] = x_r . u + offset, r the i-th of `rowNumbers`, with
 * the bits of `contributions`. Assumes row numbers of rows in `features`. Cost: 2 d operations a row, no allocation.
 */
export function contributionsOfRows(
  features: Float32Array,
  rowNumbers: Int32Array,
  direction: Float64Array,
  offset: number,
  alpha: Float64Array,
): void {
  const columns = direction.length;
  expectLength('contributionsOfRows: row numbers', rowNumbers, alpha.length);
  for (let row = 0; row < alpha.length; row++) {
    alpha[row] = dotProduct(features, rowNumbers[row]! * columns, direction, 0, columns) + offset;
  }
}

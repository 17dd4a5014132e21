import { entriesEach, expectLength } from '../expect-length.ts';
import { dotProduct } from './dot-product.ts';

/**
 * Contributions of the training rows to the scores of a block of queries: alpha[q][i] = x_i . u_q + offset_q.
 *
 * `features` is n x d, row-major, single precision; `directions` (queries x d), `offsets` (queries) and `alpha` (queries
 * x n, which is written) are double precision. The order of additions is that of `dotProduct`, then the offset, so a
 * query has the same bits in any block. certificates.md section 1. Cost: 2 n d operations a query, no allocation.
 */
export function contributions(
  features: Float32Array,
  directions: Float64Array,
  offsets: Float64Array,
  alpha: Float64Array,
): void {
  const queries = offsets.length;
  const columns = entriesEach('contributions: directions', directions, queries);
  const rows = entriesEach('contributions: alpha', alpha, queries);
  expectLength('contributions: features', features, rows * columns);
  for (let query = 0; query < queries; query++) {
    const offset = offsets[query]!;
    for (let row = 0; row < rows; row++) {
      alpha[query * rows + row] =
        dotProduct(features, row * columns, directions, query * columns, columns) + offset;
    }
  }
}

import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { packedLength } from '../kernel/memory/packed-length.ts';

/**
 * Cholesky factor L of M = G + lambda I, L L' = M, from the upper triangle of G (d x d, row-major): the lower
 * triangle packed by rows, d (d + 1) / 2 doubles. Null when M is not numerically positive definite or not
 * finite. certificates.md section 1. Cost: d^3 / 3 operations.
 */
export function choleskyFactor(gram: Float64Array, columns: number, lambda: number): Float64Array | null {
  if (!Number.isFinite(lambda)) return null;
  const matrix = new Matrix(columns, columns);
  for (let j = 0; j < columns; j++) {
    for (let k = j; k < columns; k++) {
      const value = gram[j * columns + k]!;
      if (!Number.isFinite(value)) return null;
      matrix.set(j, k, value);
      matrix.set(k, j, value);
    }
    matrix.set(j, j, gram[j * columns + j]! + lambda);
  }
  const decomposition = new CholeskyDecomposition(matrix);
  if (!decomposition.isPositiveDefinite()) return null;
  const lower = decomposition.lowerTriangularMatrix;
  const packed = new Float64Array(packedLength(columns));
  for (let j = 0, at = 0; j < columns; j++) {
    for (let k = 0; k <= j; k++) packed[at++] = lower.get(j, k);
  }
  return packed.every(Number.isFinite) && !isNumericallySingular(packed, columns) ? packed : null;
}

/** Whether a pivot is no larger than what rounding leaves of a zero: u d times the largest. */
function isNumericallySingular(packed: Float64Array, columns: number): boolean {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (let j = 0, at = 0; j < columns; at += ++j + 1) {
    const pivot = packed[at]! ** 2;
    least = Math.min(least, pivot);
    most = Math.max(most, pivot);
  }
  return !(least > columns * Number.EPSILON * most);
}

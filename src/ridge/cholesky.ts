import { CholeskyDecomposition, Matrix } from 'ml-matrix';

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

/** Entries of a packed lower triangle. */
export function packedLength(columns: number): number {
  return (columns * (columns + 1)) / 2;
}

/**
 * Solves L L' u = h in place: on return `u` holds M^-1 h. `u` holds h on entry. Forward, then backward
 * substitution over the packed factor. Our own because ml-matrix cannot solve with a factor that was stored.
 * Cost: 2 d^2 operations.
 */
export function solveInPlace(factor: Float64Array, u: Float64Array): void {
  const columns = u.length;
  if (factor.length !== packedLength(columns)) {
    throw new RangeError(
      `solve: expected a factor of ${packedLength(columns)} entries, got ${factor.length}`,
    );
  }
  for (let j = 0, start = 0; j < columns; start += ++j) {
    let sum = u[j]!;
    for (let k = 0; k < j; k++) sum -= factor[start + k]! * u[k]!;
    u[j] = sum / factor[start + j]!;
  }
  for (let j = columns - 1, start = factor.length - columns; j >= 0; start -= j--) {
    const solved = u[j]! / factor[start + j]!;
    u[j] = solved;
    for (let k = 0; k < j; k++) u[k] = u[k]! - factor[start + k]! * solved;
  }
}

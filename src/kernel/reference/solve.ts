import { entriesEach, expectLength } from '../expect-length.ts';
import { packedLength } from '../memory/packed-length.ts';

/** Rows that are solved together: their products with what is solved before them are summed apart. */
const HEIGHT = 4;

/**
 * Solves L L' u = h in place for each of `queries` vectors (queries x d): on return `vectors` holds M^-1 h. `factor` is
 * the lower triangle L packed by rows.
 *
 * The order of operations of a query is fixed, whatever block it is in. Forward, u_j = (h_j - sum) / L_jj: with b the
 * last multiple of 4 up to j, the sum is that of the products with u_k, k < b, in two lanes by k mod 2, then the lanes, then
 * k = b .. j - 1 one by one. Backward, u_j is divided by L_jj and taken from the entries above at once, j from the last
 * to the first. Any order satisfies the bound of Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed.,
 * theorem 8.5. Cost: 2 d^2 operations a query, no allocation.
 */
export function solve(factor: Float64Array, vectors: Float64Array, queries: number): void {
  const columns = entriesEach('solve: vectors', vectors, queries);
  expectLength('solve: factor', factor, packedLength(columns));
  for (let start = 0; start < vectors.length; start += columns) {
    forward(factor, vectors, start, columns);
    backward(factor, vectors, start, columns);
  }
}

function forward(factor: Float64Array, u: Float64Array, start: number, columns: number): void {
  for (let j = 0, row = 0; j < columns; row += ++j) {
    const before = j - (j % HEIGHT);
    let even = 0;
    let odd = 0;
    for (let k = 0; k < before; k += 2) {
      even += factor[row + k]! * u[start + k]!;
      odd += factor[row + k + 1]! * u[start + k + 1]!;
    }
    let sum = even + odd;
    for (let k = before; k < j; k++) sum += factor[row + k]! * u[start + k]!;
    u[start + j] = (u[start + j]! - sum) / factor[row + j]!;
  }
}

function backward(factor: Float64Array, u: Float64Array, start: number, columns: number): void {
  for (let j = columns - 1, row = factor.length - columns; j >= 0; row -= j--) {
    const solved = u[start + j]! / factor[row + j]!;
    u[start + j] = solved;
    for (let k = 0; k < j; k++) u[start + k] = u[start + k]! - factor[row + k]! * solved;
  }
}

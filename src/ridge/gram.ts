import { gram } from '../kernel/gram.ts';

/** Column means of an n x d row-major matrix, summed in double precision. Cost: O(n d). */
export function columnMeans(features: Float32Array, columns: number): Float64Array {
  const rows = features.length / columns;
  const means = new Float64Array(columns);
  for (let at = 0, column = 0; at < features.length; at++) {
    means[column] = means[column]! + features[at]!;
    if (++column === columns) column = 0;
  }
  return means.map((total) => total / rows);
}

/**
 * The Gram matrix X'X of the rows minus `means`, accumulated a block of rows at a time so that a caller can
 * do other work in between. Upper triangle, row-major d x d, double precision. certificates.md section 1.
 *
 * The order of additions is fixed by the row order alone when blocks start at multiples of GRAM_BLOCK (kernel/gram).
 * Cost: n d^2 / 2 multiply-adds.
 */
export class GramMatrix {
  readonly values: Float64Array;
  readonly #means: Float64Array;

  constructor(means: Float64Array) {
    const columns = means.length;
    this.values = new Float64Array(columns * columns);
    this.#means = means;
  }

  /** Adds rows `from` (inclusive) to `to` (exclusive) of the n x d matrix `features`. */
  add(features: Float32Array, from: number, to: number): void {
    const columns = this.#means.length;
    gram(features.subarray(from * columns, to * columns), this.#means, this.values, 0, columns);
  }

  /** Features. */
  get width(): number {
    return this.#means.length;
  }

  /** Rows and columns of the matrix: the features. */
  get size(): number {
    return this.#means.length;
  }

  /** Sum of the diagonal: the total variance, from which a relative lambda is taken. */
  trace(): number {
    const columns = this.#means.length;
    let trace = 0;
    for (let j = 0; j < columns; j++) trace += this.values[j * columns + j]!;
    return trace;
  }
}

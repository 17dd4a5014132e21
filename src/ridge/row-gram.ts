/**
 * The Gram matrix X X' of the rows themselves, minus `means`, a block of rows at a time so that a caller can do
 * other work in between. Upper triangle, row-major n x n, double precision. For the dual form of
 * `PartitionRidge`: certificates.md section 5.
 *
 * Takes 8 (n^2 + n d) bytes. Cost: n^2 d / 2 multiply-adds.
 */
export class RowGram {
  readonly values: Float64Array;
  /** Rows and columns of the matrix: the rows of the features. */
  readonly size: number;
  /** Features. */
  readonly width: number;
  readonly #centred: Float64Array;

  constructor(features: Float32Array, means: Float64Array) {
    this.width = means.length;
    this.size = features.length / means.length;
    this.values = new Float64Array(this.size ** 2);
    this.#centred = Float64Array.from(features);
    for (let at = 0, k = 0; at < features.length; at++) {
      this.#centred[at] = this.#centred[at]! - means[k]!;
      if (++k === means.length) k = 0;
    }
  }

  /** Computes the entries of rows `from` (inclusive) to `to` (exclusive). */
  add(from: number, to: number): void {
    for (let i = from; i < to; i++) {
      for (let j = i; j < this.size; j++) this.values[i * this.size + j] = this.#product(i, j);
    }
  }

  /** Sum of the diagonal: the total variance, which is that of X'X too. */
  trace(): number {
    let trace = 0;
    for (let i = 0; i < this.size; i++) trace += this.values[i * this.size + i]!;
    return trace;
  }

  #product(i: number, j: number): number {
    const centred = this.#centred;
    const columns = this.width;
    const a = i * columns;
    const b = j * columns;
    const tiled = columns - (columns % 4);
    let lane0 = 0;
    let lane1 = 0;
    let lane2 = 0;
    let lane3 = 0;
    for (let k = 0; k < tiled; k += 4) {
      lane0 += centred[a + k]! * centred[b + k]!;
      lane1 += centred[a + k + 1]! * centred[b + k + 1]!;
      lane2 += centred[a + k + 2]! * centred[b + k + 2]!;
      lane3 += centred[a + k + 3]! * centred[b + k + 3]!;
    }
    let sum = lane0 + lane2 + (lane1 + lane3);
    for (let k = tiled; k < columns; k++) sum += centred[a + k]! * centred[b + k]!;
    return sum;
  }
}

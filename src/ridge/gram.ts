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

/** Rows added to the Gram matrix together, so that each entry is read and written once for all of them. */
export const TILE = 4;

/**
 * The Gram matrix X'X of the rows minus `means`, accumulated a block of rows at a time so that a caller can
 * do other work in between. Upper triangle, row-major d x d, double precision. certificates.md section 1.
 *
 * The order of additions is fixed by the row order alone when blocks start at multiples of TILE. Cost: n d^2 / 2
 * multiply-adds.
 */
export class GramMatrix {
  readonly values: Float64Array;
  readonly #means: Float64Array;
  readonly #tile: Float64Array;

  constructor(means: Float64Array) {
    const columns = means.length;
    this.values = new Float64Array(columns * columns);
    this.#means = means;
    this.#tile = new Float64Array(TILE * columns);
  }

  /** Adds rows `from` (inclusive) to `to` (exclusive) of the n x d matrix `features`. */
  add(features: Float32Array, from: number, to: number): void {
    const columns = this.#means.length;
    const tile = this.#tile;
    for (let row = from; row < to; row += TILE) {
      const height = Math.min(TILE, to - row);
      tile.fill(0);
      for (let k = 0; k < height * columns; k++) {
        tile[k] = features[row * columns + k]! - this.#means[k % columns]!;
      }
      this.#addTile();
    }
  }

  #addTile(): void {
    const { values } = this;
    const columns = this.#means.length;
    const row0 = this.#tile.subarray(0, columns);
    const row1 = this.#tile.subarray(columns, 2 * columns);
    const row2 = this.#tile.subarray(2 * columns, 3 * columns);
    const row3 = this.#tile.subarray(3 * columns);
    for (let j = 0; j < columns; j++) {
      const a = row0[j]!;
      const b = row1[j]!;
      const c = row2[j]!;
      const d = row3[j]!;
      if (a === 0 && b === 0 && c === 0 && d === 0) continue;
      const start = j * columns;
      for (let k = j; k < columns; k++) {
        values[start + k] =
          values[start + k]! + (a * row0[k]! + b * row1[k]! + (c * row2[k]! + d * row3[k]!));
      }
    }
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

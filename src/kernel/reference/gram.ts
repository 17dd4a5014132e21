import { entriesEach, expectLength } from '../expect-length.ts';

/** Rows whose products are summed before they are added to the matrix, so that its entries are read and written less. */
export const GRAM_BLOCK = 64;

/**
 * Adds `features` (n x d), less `means` (d), to rows `from` (inclusive) to `to` (exclusive) of the upper triangle of the
 * Gram matrix `values` (d x d, row-major); the rest of it is left alone. certificates.md section 1.
 *
 * The order of additions of an entry: the products of GRAM_BLOCK rows from 0 on, in the order of the rows, then their sum
 * to the entry. So the range of rows of the matrix changes nothing, and a caller may add the features block by block
 * where blocks start at multiples of GRAM_BLOCK. Cost: n d^2 operations for the whole matrix; it allocates GRAM_BLOCK
 * rows.
 */
export function gram(
  features: Float32Array,
  means: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
): void {
  const rows = gramRows(features, means, values, from, to);
  const panel = new Float64Array(GRAM_BLOCK * means.length);
  for (let row = 0; row < rows; row += GRAM_BLOCK) {
    const height = Math.min(GRAM_BLOCK, rows - row);
    pack(features, row, height, means, panel);
    addBlock(panel, height, values, means.length, from, to);
  }
}

/** Rows of the features, once all sizes belong together. */
export function gramRows(
  features: Float32Array,
  means: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
): number {
  const columns = means.length;
  expectLength('gram: values', values, columns * columns);
  if (!(Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= columns)) {
    throw new RangeError(`gram: expected a range of ${columns} rows, got ${from} to ${to}`);
  }
  return columns === 0 ? 0 : entriesEach('gram: features', features, columns);
}

/** Centred columns, one after the other. */
function pack(features: Float32Array, row: number, height: number, means: Float64Array, panel: Float64Array) {
  const columns = means.length;
  for (let i = 0, at = row * columns; i < height; i++) {
    for (let k = 0; k < columns; k++) panel[k * height + i] = features[at++]! - means[k]!;
  }
}

function addBlock(
  panel: Float64Array,
  height: number,
  values: Float64Array,
  columns: number,
  from: number,
  to: number,
): void {
  for (let j = from; j < to; j++) {
    const left = j * height;
    let k = j;
    // four sums at a time keep the processor busy
    for (; k + 4 <= columns; k += 4) {
      const right = k * height;
      let sum0 = 0;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      for (let i = 0; i < height; i++) {
        const value = panel[left + i]!;
        sum0 += value * panel[right + i]!;
        sum1 += value * panel[right + height + i]!;
        sum2 += value * panel[right + 2 * height + i]!;
        sum3 += value * panel[right + 3 * height + i]!;
      }
      const at = j * columns + k;
      values[at] = values[at]! + sum0;
      values[at + 1] = values[at + 1]! + sum1;
      values[at + 2] = values[at + 2]! + sum2;
      values[at + 3] = values[at + 3]! + sum3;
    }
    for (; k < columns; k++) {
      let sum = 0;
      for (let i = 0; i < height; i++) sum += panel[left + i]! * panel[k * height + i]!;
      values[j * columns + k] = values[j * columns + k]! + sum;
    }
  }
}

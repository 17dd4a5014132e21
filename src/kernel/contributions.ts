/**
 * Contributions of the training rows to one query's scores: out[i] = x_i . u + offset.
 *
 * `features` is n x d, row-major, single precision; products and sums are double precision. `rowNumbers` says
 * which rows of `features` are meant, one an entry of `out`; null: all of them. The summation order is fixed
 * (four lanes, then the tail), so a query has the same bits however it was batched. certificates.md section 1.
 * Cost: one pass over the d features of each row, no allocation.
 */
export function contributions(
  features: Float32Array,
  direction: Float64Array,
  offset: number,
  out: Float64Array,
  rowNumbers: Int32Array | null = null,
): void {
  const columns = direction.length;
  const rows = out.length;
  if (rowNumbers === null && features.length !== rows * columns) {
    throw new RangeError(`contributions: expected ${rows} x ${columns} features, got ${features.length}`);
  }
  if (rowNumbers !== null && rowNumbers.length !== rows) {
    throw new RangeError(`contributions: expected ${rows} row numbers, got ${rowNumbers.length}`);
  }
  const tiled = columns - (columns % 4);
  for (let row = 0; row < rows; row++) {
    const start = (rowNumbers === null ? row : rowNumbers[row]!) * columns;
    let lane0 = 0;
    let lane1 = 0;
    let lane2 = 0;
    let lane3 = 0;
    for (let k = 0; k < tiled; k += 4) {
      const at = start + k;
      lane0 += features[at]! * direction[k]!;
      lane1 += features[at + 1]! * direction[k + 1]!;
      lane2 += features[at + 2]! * direction[k + 2]!;
      lane3 += features[at + 3]! * direction[k + 3]!;
    }
    let sum = lane0 + lane2 + (lane1 + lane3);
    for (let k = tiled; k < columns; k++) sum += features[start + k]! * direction[k]!;
    out[row] = sum + offset;
  }
}

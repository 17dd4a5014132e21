/**
 * Adds rows, less means, to rows `from` to `to` of the upper triangle of the Gram matrix. For each block of rows, the
 * centred columns from `from` on are packed in groups of four, [group][row][4] doubles, and two groups make a tile of
 * 4 x 4 entries in registers. Scratch: gramScratch in ../memory/kernel-area.ts.
 */
export function gram(
  features: usize,
  rows: usize,
  columns: usize,
  means: usize,
  values: usize,
  from: usize,
  to: usize,
  panel: usize,
  rowsPerBlock: usize,
): void {
  for (let row: usize = 0; row < rows; row += rowsPerBlock) {
    const height = min<usize>(rowsPerBlock, rows - row);
    pack(features + row * (columns << 2), height, columns, means, from, panel);
    addBlock(panel, height, columns, values, from, to);
  }
}

function pack(features: usize, rows: usize, columns: usize, means: usize, from: usize, panel: usize): void {
  const bytes = rows << 5;
  for (let row: usize = 0; row < rows; row++) {
    const x = features + row * (columns << 2);
    let out = panel + (row << 5);
    let k = from;
    for (; k + 4 <= columns; k += 4, out += bytes) {
      const at = x + (k << 2);
      const mean = means + (k << 3);
      v128.store(out, f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(at)), v128.load(mean)));
      v128.store(out, f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(at, 8)), v128.load(mean, 16)), 16);
    }
    if (k === columns) continue;
    v128.store(out, f64x2.splat(0));
    v128.store(out, f64x2.splat(0), 16);
    for (; k < columns; k++, out += 8) {
      store<f64>(out, <f64>load<f32>(x + (k << 2)) - load<f64>(means + (k << 3)));
    }
  }
}

function addBlock(panel: usize, rows: usize, columns: usize, values: usize, from: usize, to: usize): void {
  const bytes = rows << 5;
  for (let j = from; j < to; j += 4) {
    const left = panel + ((j - from) >> 2) * bytes;
    let right = left;
    for (let k = j; k < columns; k += 4, right += bytes) {
      let p = left;
      let q = right;
      let a00 = f64x2.splat(0);
      let a01 = a00;
      let a10 = a00;
      let a11 = a00;
      let a20 = a00;
      let a21 = a00;
      let a30 = a00;
      let a31 = a00;
      for (const end = p + bytes; p !== end; p += 32, q += 32) {
        const b0 = v128.load(q);
        const b1 = v128.load(q, 16);
        let a = v128.load64_splat(p);
        a00 = f64x2.add(a00, f64x2.mul(a, b0));
        a01 = f64x2.add(a01, f64x2.mul(a, b1));
        a = v128.load64_splat(p, 8);
        a10 = f64x2.add(a10, f64x2.mul(a, b0));
        a11 = f64x2.add(a11, f64x2.mul(a, b1));
        a = v128.load64_splat(p, 16);
        a20 = f64x2.add(a20, f64x2.mul(a, b0));
        a21 = f64x2.add(a21, f64x2.mul(a, b1));
        a = v128.load64_splat(p, 24);
        a30 = f64x2.add(a30, f64x2.mul(a, b0));
        a31 = f64x2.add(a31, f64x2.mul(a, b1));
      }
      const inside = k > j && k + 4 <= columns;
      addRow(values, columns, j, k, a00, a01, inside);
      if (j + 1 < to) addRow(values, columns, j + 1, k, a10, a11, inside);
      if (j + 2 < to) addRow(values, columns, j + 2, k, a20, a21, inside);
      if (j + 3 < to) addRow(values, columns, j + 3, k, a30, a31, inside);
    }
  }
}

/** Adds four entries of row j from column k on, of which those on or above the diagonal count. */
function addRow(
  values: usize,
  columns: usize,
  j: usize,
  k: usize,
  low: v128,
  high: v128,
  inside: bool,
): void {
  const at = values + ((j * columns + k) << 3);
  if (inside) {
    v128.store(at, f64x2.add(v128.load(at), low));
    v128.store(at, f64x2.add(v128.load(at, 16), high), 16);
    return;
  }
  if (k >= j && k < columns) store<f64>(at, load<f64>(at) + f64x2.extract_lane(low, 0));
  if (k + 1 >= j && k + 1 < columns) store<f64>(at, load<f64>(at, 8) + f64x2.extract_lane(low, 1), 8);
  if (k + 2 >= j && k + 2 < columns) store<f64>(at, load<f64>(at, 16) + f64x2.extract_lane(high, 0), 16);
  if (k + 3 >= j && k + 3 < columns) store<f64>(at, load<f64>(at, 24) + f64x2.extract_lane(high, 1), 24);
}

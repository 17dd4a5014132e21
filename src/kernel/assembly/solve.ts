/**
 * Solves L L' u = h in place for a block of queries. Four rows of the factor at a time serve all of them, two queries a
 * time: it is read once for each half.
 */
export function solve(
  factor: usize,
  columns: usize,
  vectors: usize,
  queries: usize,
  queriesPerBlock: usize,
): void {
  for (let from: usize = 0; from < queries; from += queriesPerBlock) {
    const block = min<usize>(queriesPerBlock, queries - from);
    const first = vectors + from * (columns << 3);
    for (let j: usize = 0; j < columns; j += 4) forward(factor, columns, j, first, block);
    for (let j = (columns - 1) & ~3; ; j -= 4) {
      backward(factor, columns, j, first, block);
      if (j === 0) break;
    }
  }
}

/** Address of row j of the packed factor. */
function rowOf(factor: usize, j: usize): usize {
  return factor + ((j * (j + 1)) << 2);
}

/** Solves rows j to j + 3 of L y = h: products with what is solved in two lanes, then row after row. */
function forward(factor: usize, columns: usize, j: usize, vectors: usize, queries: usize): void {
  const height = min<usize>(4, columns - j);
  // where rows are missing, the first stands in; its products are not used
  const row0 = rowOf(factor, j);
  const row1 = height > 1 ? rowOf(factor, j + 1) : row0;
  const row2 = height > 2 ? rowOf(factor, j + 2) : row0;
  const row3 = height > 3 ? rowOf(factor, j + 3) : row0;
  const bytes = j << 3;
  const stride = columns << 3;
  for (let query: usize = 0; query < queries; query += 2) {
    const first = vectors + query * stride;
    const second = query + 1 < queries ? first + stride : first;
    let a00 = f64x2.splat(0);
    let a01 = a00;
    let a10 = a00;
    let a11 = a00;
    let a20 = a00;
    let a21 = a00;
    let a30 = a00;
    let a31 = a00;
    for (let k: usize = 0; k < bytes; k += 16) {
      const v0 = v128.load(first + k);
      const v1 = v128.load(second + k);
      let l = v128.load(row0 + k);
      a00 = f64x2.add(a00, f64x2.mul(l, v0));
      a01 = f64x2.add(a01, f64x2.mul(l, v1));
      l = v128.load(row1 + k);
      a10 = f64x2.add(a10, f64x2.mul(l, v0));
      a11 = f64x2.add(a11, f64x2.mul(l, v1));
      l = v128.load(row2 + k);
      a20 = f64x2.add(a20, f64x2.mul(l, v0));
      a21 = f64x2.add(a21, f64x2.mul(l, v1));
      l = v128.load(row3 + k);
      a30 = f64x2.add(a30, f64x2.mul(l, v0));
      a31 = f64x2.add(a31, f64x2.mul(l, v1));
    }
    solveRows(row0, row1, row2, row3, height, first + bytes, bytes, a00, a10, a20, a30);
    if (second !== first) {
      solveRows(row0, row1, row2, row3, height, second + bytes, bytes, a01, a11, a21, a31);
    }
  }
}

/** The four rows of the triangle on the diagonal, for one query; `u` is the address of its first entry there. */
function solveRows(
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  height: usize,
  u: usize,
  bytes: usize,
  a0: v128,
  a1: v128,
  a2: v128,
  a3: v128,
): void {
  const u0 = (load<f64>(u) - lanes(a0)) / load<f64>(row0 + bytes);
  store<f64>(u, u0);
  if (height === 1) return;
  row1 += bytes;
  const u1 = (load<f64>(u, 8) - (lanes(a1) + load<f64>(row1) * u0)) / load<f64>(row1, 8);
  store<f64>(u, u1, 8);
  if (height === 2) return;
  row2 += bytes;
  const sum2 = lanes(a2) + load<f64>(row2) * u0 + load<f64>(row2, 8) * u1;
  const u2 = (load<f64>(u, 16) - sum2) / load<f64>(row2, 16);
  store<f64>(u, u2, 16);
  if (height === 3) return;
  row3 += bytes;
  const sum3 = lanes(a3) + load<f64>(row3) * u0 + load<f64>(row3, 8) * u1 + load<f64>(row3, 16) * u2;
  store<f64>(u, (load<f64>(u, 24) - sum3) / load<f64>(row3, 24), 24);
}

function lanes(a: v128): f64 {
  return f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
}

/** Solves rows j + 3 down to j of L' u = y, and takes them from the rows above, in the same order for each entry. */
function backward(factor: usize, columns: usize, j: usize, vectors: usize, queries: usize): void {
  const height = min<usize>(4, columns - j);
  const bytes = j << 3;
  const stride = columns << 3;
  for (let query: usize = 0; query < queries; query++) {
    const u = vectors + query * stride + bytes;
    for (let i = height; i-- > 0; ) {
      const row = rowOf(factor, j + i) + bytes;
      const solved = load<f64>(u + (i << 3)) / load<f64>(row + (i << 3));
      store<f64>(u + (i << 3), solved);
      for (let k: usize = 0; k < i; k++) {
        store<f64>(u + (k << 3), load<f64>(u + (k << 3)) - load<f64>(row + (k << 3)) * solved);
      }
    }
  }
  const end = vectors + queries * stride;
  if (height === 4) {
    const paired = vectors + (queries & ~1) * stride;
    for (let first = vectors; first !== paired; first += 2 * stride)
      updateTwo(factor, j, first, first + stride);
    if (paired !== end) updateOne(factor, j, paired);
  } else {
    for (let first = vectors; first !== end; first += stride) {
      for (let i = height; i-- > 0; )
        updateByRow(rowOf(factor, j + i), load<f64>(first + bytes + (i << 3)), first, bytes);
    }
  }
}

function updateByRow(row: usize, solved: f64, u: usize, bytes: usize): void {
  for (let k: usize = 0; k < bytes; k += 8) {
    store<f64>(u + k, load<f64>(u + k) - load<f64>(row + k) * solved);
  }
}

function updateOne(factor: usize, j: usize, u: usize): void {
  const bytes = j << 3;
  const row0 = rowOf(factor, j);
  const row1 = rowOf(factor, j + 1);
  const row2 = rowOf(factor, j + 2);
  const row3 = rowOf(factor, j + 3);
  const s0 = v128.load64_splat(u + bytes);
  const s1 = v128.load64_splat(u + bytes, 8);
  const s2 = v128.load64_splat(u + bytes, 16);
  const s3 = v128.load64_splat(u + bytes, 24);
  for (let k: usize = 0; k < bytes; k += 16) {
    let a = f64x2.sub(v128.load(u + k), f64x2.mul(v128.load(row3 + k), s3));
    a = f64x2.sub(a, f64x2.mul(v128.load(row2 + k), s2));
    a = f64x2.sub(a, f64x2.mul(v128.load(row1 + k), s1));
    v128.store(u + k, f64x2.sub(a, f64x2.mul(v128.load(row0 + k), s0)));
  }
}

function updateTwo(factor: usize, j: usize, u: usize, w: usize): void {
  const bytes = j << 3;
  const row0 = rowOf(factor, j);
  const row1 = rowOf(factor, j + 1);
  const row2 = rowOf(factor, j + 2);
  const row3 = rowOf(factor, j + 3);
  const s0 = v128.load64_splat(u + bytes);
  const s1 = v128.load64_splat(u + bytes, 8);
  const s2 = v128.load64_splat(u + bytes, 16);
  const s3 = v128.load64_splat(u + bytes, 24);
  const t0 = v128.load64_splat(w + bytes);
  const t1 = v128.load64_splat(w + bytes, 8);
  const t2 = v128.load64_splat(w + bytes, 16);
  const t3 = v128.load64_splat(w + bytes, 24);
  for (let k: usize = 0; k < bytes; k += 16) {
    let l = v128.load(row3 + k);
    let a = f64x2.sub(v128.load(u + k), f64x2.mul(l, s3));
    let b = f64x2.sub(v128.load(w + k), f64x2.mul(l, t3));
    l = v128.load(row2 + k);
    a = f64x2.sub(a, f64x2.mul(l, s2));
    b = f64x2.sub(b, f64x2.mul(l, t2));
    l = v128.load(row1 + k);
    a = f64x2.sub(a, f64x2.mul(l, s1));
    b = f64x2.sub(b, f64x2.mul(l, t1));
    l = v128.load(row0 + k);
    v128.store(u + k, f64x2.sub(a, f64x2.mul(l, s0)));
    v128.store(w + k, f64x2.sub(b, f64x2.mul(l, t0)));
  }
}

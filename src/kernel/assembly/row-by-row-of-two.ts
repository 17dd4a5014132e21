/**
 * As rowByRow, to two queries at once, whose directions lie one after the other: each number of the features is widened
 * once for both.
 */
export function rowByRowOfTwo(
  features: usize,
  rows: usize,
  columns: usize,
  directions: usize,
  offsets: usize,
  alpha: usize,
  stride: usize,
): void {
  const tiled = (columns & ~7) << 2;
  const tail = (columns & 7) << 2;
  const offsetOfFirst = load<f64>(offsets);
  const offsetOfSecond = load<f64>(offsets, 8);
  let p = features;
  for (let row: usize = 0; row < rows; row++) {
    let a0 = f64x2.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let b3 = a0;
    let u = directions;
    let w = directions + (columns << 3);
    const end = p + tiled;
    while (p !== end) {
      let x = f64x2.promote_low_f32x4(v128.load64_zero(p));
      a0 = f64x2.add(a0, f64x2.mul(x, v128.load(u)));
      b0 = f64x2.add(b0, f64x2.mul(x, v128.load(w)));
      x = f64x2.promote_low_f32x4(v128.load64_zero(p, 8));
      a1 = f64x2.add(a1, f64x2.mul(x, v128.load(u, 16)));
      b1 = f64x2.add(b1, f64x2.mul(x, v128.load(w, 16)));
      x = f64x2.promote_low_f32x4(v128.load64_zero(p, 16));
      a2 = f64x2.add(a2, f64x2.mul(x, v128.load(u, 32)));
      b2 = f64x2.add(b2, f64x2.mul(x, v128.load(w, 32)));
      x = f64x2.promote_low_f32x4(v128.load64_zero(p, 24));
      a3 = f64x2.add(a3, f64x2.mul(x, v128.load(u, 48)));
      b3 = f64x2.add(b3, f64x2.mul(x, v128.load(w, 48)));
      p += 32;
      u += 64;
      w += 64;
    }
    a0 = f64x2.add(f64x2.add(a0, a2), f64x2.add(a1, a3));
    b0 = f64x2.add(f64x2.add(b0, b2), f64x2.add(b1, b3));
    let first = f64x2.extract_lane(a0, 0) + f64x2.extract_lane(a0, 1);
    let second = f64x2.extract_lane(b0, 0) + f64x2.extract_lane(b0, 1);
    for (const last = p + tail; p !== last; p += 4, u += 8, w += 8) {
      const x = <f64>load<f32>(p);
      first += x * load<f64>(u);
      second += x * load<f64>(w);
    }
    store<f64>(alpha, first + offsetOfFirst);
    store<f64>(alpha + stride, second + offsetOfSecond);
    alpha += 8;
  }
}

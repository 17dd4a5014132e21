/**
 * Contributions of consecutive rows to one query, one row after the other: a single stream of the features, at nearly the
 * speed of reading them. Eight lanes, as two in each of four accumulators. Address arithmetic may wrap to 0 at the end of
 * a full memory, hence != between addresses, here and elsewhere.
 */
export function rowByRow(
  features: usize,
  rows: usize,
  columns: usize,
  direction: usize,
  offset: f64,
  alpha: usize,
): void {
  const tiled = (columns & ~7) << 2;
  const tail = (columns & 7) << 2;
  let p = features;
  for (let row: usize = 0; row < rows; row++) {
    let a0 = f64x2.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let u = direction;
    const end = p + tiled;
    while (p !== end) {
      a0 = f64x2.add(a0, f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(p)), v128.load(u)));
      a1 = f64x2.add(a1, f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(p, 8)), v128.load(u, 16)));
      a2 = f64x2.add(a2, f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(p, 16)), v128.load(u, 32)));
      a3 = f64x2.add(a3, f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(p, 24)), v128.load(u, 48)));
      p += 32;
      u += 64;
    }
    const lanes = f64x2.add(f64x2.add(a0, a2), f64x2.add(a1, a3));
    let sum = f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
    for (const last = p + tail; p !== last; p += 4, u += 8) sum += <f64>load<f32>(p) * load<f64>(u);
    store<f64>(alpha, sum + offset);
    alpha += 8;
  }
}

/**
 * Two rows at a time, without branches, which would be mispredicted: the signs of contributions are as good as random.
 * `attackable` is 0 where there is no mask.
 */
export function gains(
  alpha: usize,
  labels: usize,
  rows: usize,
  dropIfPositive: usize,
  dropIfNegative: usize,
  attackable: usize,
  out: usize,
): void {
  const zero = f64x2.splat(0);
  const negative = dropIfNegative - dropIfPositive;
  const paired = rows & ~1;
  for (let row: usize = 0; row < paired; row += 2) {
    const values = v128.load(alpha + (row << 3));
    const first = dropOf(f64x2.extract_lane(values, 0), labels, row, dropIfPositive, negative, attackable);
    const second = dropOf(
      f64x2.extract_lane(values, 1),
      labels,
      row + 1,
      dropIfPositive,
      negative,
      attackable,
    );
    const gain = f64x2.mul(f64x2.abs(values), f64x2.replace_lane(f64x2.splat(first), 1, second));
    v128.store(out + (row << 3), v128.and(gain, f64x2.gt(gain, zero)));
  }
  if (paired < rows) {
    const value = load<f64>(alpha + (paired << 3));
    const gain = abs(value) * dropOf(value, labels, paired, dropIfPositive, negative, attackable);
    store<f64>(out + (paired << 3), gain > 0 ? gain : 0);
  }
}

/** What a row takes from the lead for a contribution of 1 and this sign; 0 when it is out of reach. */
function dropOf(
  value: f64,
  labels: usize,
  row: usize,
  dropIfPositive: usize,
  negative: usize,
  attackable: usize,
): f64 {
  const label = <usize>load<u32>(labels + (row << 2));
  const drop = load<f64>(dropIfPositive + (label << 3) + (negative & (usize(value > 0) - 1)));
  return attackable === 0 ? drop : drop * f64(load<u8>(attackable + row) === 1);
}

/** `attackable` is 0 where all rows are: no array is there. */
export function gains(
  alpha: usize,
  labels: usize,
  rows: usize,
  dropIfPositive: usize,
  dropIfNegative: usize,
  attackable: usize,
  out: usize,
): void {
  for (let row: usize = 0; row < rows; row++) {
    const value = load<f64>(alpha + (row << 3));
    const drops = value > 0 ? dropIfPositive : dropIfNegative;
    const gain = abs(value) * load<f64>(drops + ((<usize>load<u32>(labels + (row << 2))) << 3));
    const reached = attackable === 0 || load<u8>(attackable + row) === 1;
    store<f64>(out + (row << 3), select<f64>(gain, 0, i32(gain > 0) & i32(reached)));
  }
}

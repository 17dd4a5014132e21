/**
 * Sum and size of a class side by side, so that a row is one addition of a pair; `lanes` (64 bytes a class) holds four of
 * them, by row mod 4, since additions to the same class wait for each other.
 */
export function classSums(
  alpha: usize,
  labels: usize,
  rows: usize,
  sums: usize,
  magnitudes: usize,
  classes: usize,
  lanes: usize,
): void {
  memory.fill(lanes, 0, classes << 6);
  const whole = rows & ~3;
  for (let row: usize = 0; row < whole; row += 4) {
    addRow(alpha + (row << 3), labels + (row << 2), lanes);
    addRow(alpha + (row << 3) + 8, labels + (row << 2) + 4, lanes + 16);
    addRow(alpha + (row << 3) + 16, labels + (row << 2) + 8, lanes + 32);
    addRow(alpha + (row << 3) + 24, labels + (row << 2) + 12, lanes + 48);
  }
  for (let row = whole; row < rows; row++) {
    addRow(alpha + (row << 3), labels + (row << 2), lanes + ((row & 3) << 4));
  }
  for (let label: usize = 0; label < classes; label++) {
    const first = lanes + (label << 6);
    const pair = f64x2.add(
      f64x2.add(v128.load(first), v128.load(first, 32)),
      f64x2.add(v128.load(first, 16), v128.load(first, 48)),
    );
    store<f64>(sums + (label << 3), f64x2.extract_lane(pair, 0));
    store<f64>(magnitudes + (label << 3), f64x2.extract_lane(pair, 1));
  }
}

function addRow(alpha: usize, label: usize, lane: usize): void {
  const value = v128.load64_splat(alpha);
  const signless = v128.andnot(value, i64x2(0, i64.MIN_VALUE)); // the size in the second place
  const at = lane + ((<usize>load<u32>(label)) << 6);
  v128.store(at, f64x2.add(v128.load(at), signless));
}

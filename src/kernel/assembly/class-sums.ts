export function classSums(
  alpha: usize,
  labels: usize,
  rows: usize,
  sums: usize,
  magnitudes: usize,
  classes: usize,
): void {
  memory.fill(sums, 0, classes << 3);
  memory.fill(magnitudes, 0, classes << 3);
  for (let row: usize = 0; row < rows; row++) {
    const value = load<f64>(alpha + (row << 3));
    const label = (<usize>load<u32>(labels + (row << 2))) << 3;
    store<f64>(sums + label, load<f64>(sums + label) + value);
    store<f64>(magnitudes + label, load<f64>(magnitudes + label) + abs(value));
  }
}

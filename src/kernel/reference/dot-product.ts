/**
 * Inner product of `columns` single-precision numbers, from `start` on, and as many doubles, from `from` on, in double
 * precision. The order of additions is fixed: eight lanes by k mod 8, lanes 4 to 7 added to 0 to 3, then the pairs
 * (0, 1) and (2, 3) to each other, then these two, then the tail (k beyond the last multiple of 8) one by one. It is the
 * order of four two-lane vectors. Each product meets at most columns / 8 + 10 additions. Cost: no allocation.
 */
export function dotProduct(
  features: Float32Array,
  start: number,
  direction: Float64Array,
  from: number,
  columns: number,
): number {
  const tiled = columns - (columns % 8);
  let lane0 = 0;
  let lane1 = 0;
  let lane2 = 0;
  let lane3 = 0;
  let lane4 = 0;
  let lane5 = 0;
  let lane6 = 0;
  let lane7 = 0;
  for (let k = 0; k < tiled; k += 8) {
    const x = start + k;
    const u = from + k;
    lane0 += features[x]! * direction[u]!;
    lane1 += features[x + 1]! * direction[u + 1]!;
    lane2 += features[x + 2]! * direction[u + 2]!;
    lane3 += features[x + 3]! * direction[u + 3]!;
    lane4 += features[x + 4]! * direction[u + 4]!;
    lane5 += features[x + 5]! * direction[u + 5]!;
    lane6 += features[x + 6]! * direction[u + 6]!;
    lane7 += features[x + 7]! * direction[u + 7]!;
  }
  let sum = lane0 + lane4 + (lane2 + lane6) + (lane1 + lane5 + (lane3 + lane7));
  for (let k = tiled; k < columns; k++) sum += features[start + k]! * direction[from + k]!;
  return sum;
}

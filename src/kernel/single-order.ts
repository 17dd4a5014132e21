const value = new Float32Array(1);
const bits = new Int32Array(value.buffer);

/**
 * The place of a single-precision number in the order of all of them: neighbours differ by 1, and both zeros are 0.
 * Finite numbers order like the sign and magnitude of their bits (IEEE 754-2019, section 3.4).
 */
export function singleOrder(single: number): number {
  value[0] = single;
  const pattern = bits[0]!;
  return pattern < 0 ? -(pattern & 0x7fffffff) : pattern;
}

/** The single-precision number at a place in that order. */
export function singleAt(order: number): number {
  bits[0] = order < 0 ? -order | 0x80000000 : order;
  return value[0]!;
}

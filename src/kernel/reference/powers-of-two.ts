const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
/** Which half holds the sign, the exponent and the leading bits of the fraction. */
const UPPER = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;

const BIAS = 1023;
/** 2^-1023 to 2^1023. A table, because a double written by halves and read whole has to wait for both. */
const powers = new Float64Array(2 * BIAS + 1);
for (let k = 0, power = 1; k <= BIAS; k++, power /= 2) {
  powers[BIAS - k] = power;
  powers[BIAS + k] = 1 / power;
}

/** 2^k for a whole k from -1023 to 1023; NaN for NaN. */
export function powerOfTwo(k: number): number {
  return powers[BIAS + k] ?? Number.NaN;
}

/** The k with 2^k <= x < 2^(k+1). Assumes a positive normal double. */
export function exponentOf(x: number): number {
  double[0] = x;
  return (halves[UPPER]! >>> 20) - BIAS;
}

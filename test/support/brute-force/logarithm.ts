import { units } from './label-changes.ts';

/**
 * Exponential and logarithm in fixed point, 320 bits after the point: about 96 digits, so that a test can measure
 * the rounding of double precision. Series only; shares no code with src.
 */
const BITS = 320n;
export const ONE = 1n << BITS;

export const multiply = (a: bigint, b: bigint): bigint => (a * b) >> BITS;
export const divide = (a: bigint, b: bigint): bigint => (a << BITS) / b;

/** The double in fixed point: exact from 2^-267 upwards. */
export const fixed = (value: number): bigint => units(value) >> (1074n - BITS);

/** The nearest double, more or less: for tolerances, not for bounds. */
export const approximately = (value: bigint): number => Number(value >> (BITS - 200n)) * 2 ** -200;

/** e^-x for x >= 0: Taylor's series of e^-(x / 2^halvings), squared so many times. */
export function expMinus(x: bigint): bigint {
  if (x >> BITS > 300n) return 0n; // below 2^-432
  const halvings = 24n;
  const guard = 64n;
  const small = (x << guard) >> halvings;
  const one = ONE << guard;
  let term = one;
  let sum = one;
  for (let k = 1n; term !== 0n; k++) {
    term = -((term * small) >> (BITS + guard)) / k;
    sum += term;
  }
  for (let k = 0n; k < halvings; k++) sum = (sum * sum) >> (BITS + guard);
  return sum >> guard;
}

/** 2 artanh((m - 1)/(m + 1)) = log m, for m in fixed point near 1. */
function logNearOne(m: bigint): bigint {
  const ratio = divide(m - ONE, m + ONE);
  const square = multiply(ratio, ratio);
  let power = ratio;
  let sum = 0n;
  for (let k = 1n; power !== 0n && power !== -1n; k += 2n) {
    sum += power / k;
    power = multiply(power, square);
  }
  return 2n * sum;
}

export const LN2 = logNearOne(2n * ONE);

/** Natural logarithm of a positive integer of any size. */
export function logOfInteger(integer: bigint): bigint {
  if (integer <= 0n) throw new RangeError(`logOfInteger: ${integer}`);
  const octave = BigInt(integer.toString(2).length - 1);
  return logNearOne((integer << BITS) >> octave) + octave * LN2;
}

/** Natural logarithm of a positive fixed-point number. */
export const log = (value: bigint): bigint => logOfInteger(value) - BITS * LN2;

import { expMinus, fixed, multiply, ONE } from './logarithm.ts';

/** Integer square root, rounded down, by Newton's method. */
function squareRoot(value: bigint): bigint {
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** arctan(1/x) in fixed point, by its Taylor series. */
function arctanOfInverse(x: bigint): bigint {
  let power = ONE / x;
  let sum = power;
  for (let k = 3n, sign = -1n; power !== 0n; k += 2n, sign = -sign) {
    power /= x * x;
    sum += (sign * power) / k;
  }
  return sum;
}

/** Machin (1706). */
const PI = 4n * (4n * arctanOfInverse(5n) - arctanOfInverse(239n));
const ROOT_OF_TWO_PI = squareRoot(2n * PI * ONE);

/**
 * Phi(z) in fixed point, |z| at most 9: 1/2 + phi(z) (z + z^3/3 + z^5/(3 5) + ..). Absolute error far below 2^-200.
 * Shares no code with src.
 */
export function normalDistribution(z: number): bigint {
  const size = fixed(Math.abs(z));
  const square = multiply(size, size);
  let term = size;
  let sum = size;
  for (let odd = 3n; term > 0n; odd += 2n) {
    term = multiply(term, square) / odd;
    sum += term;
  }
  const half = (multiply(expMinus(square / 2n), sum) * ONE) / ROOT_OF_TWO_PI;
  return z < 0 ? ONE / 2n - half : ONE / 2n + half;
}

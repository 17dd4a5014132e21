import { UNIT_ROUNDOFF } from '../kernel/rounding.ts';

/** Up to here the tail comes from the series around 0, beyond from the continued fraction. */
const SERIES_UP_TO = 2;
/**
 * Levels of the continued fraction, which from z = 2 on converges to 3e-16; what is left is bounded all the
 * same.
 */
const LEVELS = 100;
/** The tail here is below 2^-1000, and still a normal number like all that it is computed from. */
const FAR = 37.5;
const LEAST = 2 ** -1000;

/**
 * Quantile of the standard normal law, lower end: a z such that Phi(z) <= p is proved, rounding included, Phi
 * the cumulative distribution function. certificates.md section 7.
 *
 * It is the largest such z up to the slack of the proof: within 1e-12 of Phi^-1(p). Assumes 2^-1000 <= p < 1;
 * throws a RangeError otherwise. Cost: some 60 tails of 100 divisions, more next to p = 1/2.
 */
export function normalQuantileLower(p: number): number {
  checkProbability(p);
  return p >= 0.5 ? tailPointBelow(1 - p) : -tailPointAbove(p); // 1 - p is exact (Sterbenz)
}

/** Quantile of the standard normal law, upper end: as `normalQuantileLower`, with Phi(z) >= p. */
export function normalQuantileUpper(p: number): number {
  checkProbability(p);
  return p >= 0.5 ? tailPointAbove(1 - p) : -tailPointBelow(p);
}

function checkProbability(p: number): void {
  if (!(p >= LEAST && p < 1)) throw new RangeError(`p: expected a number from 2^-1000 to below 1, got ${p}`);
}

/** A z >= 0 with a tail of at least `mass`, which is at most 1/2, the tail of 0. */
function tailPointBelow(mass: number): number {
  return turningPoint((z) => normalTail(z).low >= mass)[0];
}

/** A z >= 0 with a tail of at most `mass`. */
function tailPointAbove(mass: number): number {
  return turningPoint((z) => !(normalTail(z).high <= mass))[1];
}

/** The neighbouring doubles from 0 to FAR between which `holds` turns from true to false. */
function turningPoint(holds: (z: number) => boolean): [number, number] {
  let low = 0;
  let high = FAR;
  for (;;) {
    const middle = (low + high) / 2;
    if (!(middle > low && middle < high)) return [low, high];
    if (holds(middle)) low = middle;
    else high = middle;
  }
}

/** Both ends of 1 - Phi(z), 0 <= z <= FAR. */
function normalTail(z: number): { low: number; high: number } {
  return z <= SERIES_UP_TO ? tailBySeries(z) : tailByFraction(z);
}

/**
 * 1/2 - phi(z) (z + z^3/3 + z^5/(3 5) + ..), for z <= 2. All terms are positive; they end when one is below u
 * times the sum, and as they have more than halved each time by then, the rest is no more than that.
 *
 * Error: a term's factor is within 3 u, so after m terms the sum within 4 m u, the rest u; phi within 8 u
 * (see `density`), the product and the difference one each: (4 m + 11) u of at most 1/2, doubled for the
 * second order.
 */
function tailBySeries(z: number): { low: number; high: number } {
  const square = z * z;
  let term = z;
  let sum = z;
  let terms = 1;
  for (; term > UNIT_ROUNDOFF * sum; terms++) {
    term = (term * square) / (2 * terms + 1);
    sum += term;
  }
  const value = 0.5 - density(z) * sum;
  const error = (4 * terms + 11) * UNIT_ROUNDOFF;
  return { low: value - error, high: value + error };
}

/**
 * phi(z) / (z + 1/(z + 2/(z + 3/(z + ..)))), Laplace's continued fraction of Mills' ratio. Its terms are
 * positive, so the tail lies between what two successive levels give.
 *
 * Error: a level adds 2 u (quotient and sum) and passes on less than the error of the level below; phi is
 * within (z^2/2 + 6) u, the last quotient and the step to the ends add 2 u. Doubled for the second order.
 */
function tailByFraction(z: number): { low: number; high: number } {
  const one = density(z) / fraction(z, LEVELS);
  const next = density(z) / fraction(z, LEVELS + 1);
  const error = 2 * (2 * (LEVELS + 1) + (z * z) / 2 + 8) * UNIT_ROUNDOFF;
  return { low: Math.min(one, next) * (1 - error), high: Math.max(one, next) * (1 + error) };
}

function fraction(z: number, levels: number): number {
  let value = z;
  for (let level = levels; level > 0; level--) value = z + level / value;
  return value;
}

/**
 * phi(z) = exp(-z^2/2) / sqrt(2 pi). Error: the square moves the exponent by u z^2/2, at most 2 u for z <= 2;
 * exp adds 2 u, the constant 2 u, the product u.
 */
function density(z: number): number {
  return Math.exp(-(z * z) / 2) * (Math.SQRT1_2 / Math.sqrt(Math.PI));
}

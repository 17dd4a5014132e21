import { UNIT_ROUNDOFF } from '../kernel/rounding.ts';

/** From here on Stirling's series is precise; below, its correction is summed up by recurrence. */
const STIRLING_FROM = 16;

/**
 * One-sided Clopper-Pearson bound, lower end: a p such that P(X >= successes) <= risk for X binomial with
 * `trials` and p. So whatever the true probability, the bound exceeds it with probability at most `risk`.
 * Clopper and Pearson (1934); certificates.md section 4.
 *
 * Guarantee: the tail at the value returned is proved, rounding included, to be at most `risk`; the value is
 * the largest such one up to the slack of the proof (relatively below 1e-11 for risks up to 1/2). 0 for no
 * successes. Assumes integers 0 <= successes <= trials, 1 <= trials <= 1e9 and 0 < risk < 1; throws a
 * RangeError otherwise. Cost: tail sums of O(sqrt(trials)) terms at most, some 60 of them and one more for each time
 * that the bound halves from 1.
 */
export function clopperPearsonLower(successes: number, trials: number, risk: number): number {
  checkCounts(successes, trials, risk);
  if (successes === 0) return 0;
  if (successes === trials) return everySuccess(trials, risk);
  let low = 0;
  let high = 1;
  for (;;) {
    const middle = (low + high) / 2;
    if (!(middle > low && middle < high)) return low;
    if (tailIsAtMost(risk, successes, trials, middle)) low = middle;
    else high = middle;
  }
}

/**
 * One-sided Clopper-Pearson bound, upper end: the mirror image of `clopperPearsonLower`, rounded up. It falls
 * short of the true probability with probability at most `risk`.
 */
export function clopperPearsonUpper(successes: number, trials: number, risk: number): number {
  checkCounts(successes, trials, risk);
  return complementUp(clopperPearsonLower(trials - successes, trials, risk));
}

/**
 * The probability with which a bound may fail, at its lower end: 1 - confidence, exact from confidence 1/2 on
 * (Sterbenz), and within u of its value below. Throws a RangeError unless 0 < confidence < 1.
 */
export function riskOf(confidence: number): number {
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`confidence: expected a number between 0 and 1, got ${confidence}`);
  }
  return confidence >= 0.5 ? 1 - confidence : (1 - confidence) * (1 - 2 * UNIT_ROUNDOFF);
}

/** 1 - p at its upper end, for 0 <= p <= 1: exact from p = 1/2 on (Sterbenz), below within u / 2. */
export function complementUp(p: number): number {
  return p >= 0.5 ? 1 - p : Math.min(1, 1 - p + UNIT_ROUNDOFF);
}

function checkCounts(successes: number, trials: number, risk: number): void {
  if (!(Number.isInteger(trials) && trials >= 1 && trials <= 1e9)) {
    throw new RangeError(`trials: expected an integer from 1 to 1e9, got ${trials}`);
  }
  if (!(Number.isInteger(successes) && successes >= 0 && successes <= trials)) {
    throw new RangeError(`successes: expected an integer from 0 to ${trials}, got ${successes}`);
  }
  if (!(risk > 0 && risk < 1)) throw new RangeError(`risk: expected a number between 0 and 1, got ${risk}`);
}

/**
 * risk^(1/n) at its lower end: p^n <= risk. The logarithm is within 2 u of its size and the quotient adds u
 * of it, so the exponent x is off by 3 u |x|; exp adds 2 u.
 */
function everySuccess(trials: number, risk: number): number {
  const exponent = Math.log(risk) / trials;
  return Math.exp(exponent) * (1 - UNIT_ROUNDOFF * (4 + 4 * Math.abs(exponent)));
}

/**
 * Whether P(X >= k) <= risk is proved, X binomial with n and p, 0 < k < n. False where it is not so, or too
 * close to tell.
 *
 * The tail is its first term times 1 + r_k + r_k r_{k+1} + .., r_i = (n-i)/(i+1) p/(1-p). The ratios fall, so
 * once r_i < 1 what follows a term is at most term r_i/(1-r_i). The sums met on the way are lower bounds, and
 * upper bounds with that rest: the walk ends as soon as either decides, and at the latest when the rest is
 * too small to.
 *
 * Rounding, for the answer true: a ratio is within 5 u (1-p, odds, quotient, product), so 8 u above it is an
 * upper end; 1 - ratio is then at most its true value, up to u. After m terms the running product has lost at
 * most m u, the sum as much, the rest 3 u: 2 m + 3, doubled. The limit, risk / first term, is taken at its
 * lower end: its exponent is off by the error of the first term, 2 u |log risk| and three roundings of its
 * size, exp by 2 u.
 */
function tailIsAtMost(risk: number, successes: number, trials: number, p: number): boolean {
  const { value, error } = logBinomialTerm(successes, trials, p);
  const exponent = Math.log(risk) - value;
  const slack = error + 8 * UNIT_ROUNDOFF * (Math.abs(exponent) + Math.abs(value) + 1);
  const limit = Math.min(Math.exp(exponent - slack), Number.MAX_VALUE); // infinity would let anything pass
  const odds = p / (1 - p);
  let term = 1;
  let sum = 1;
  for (let i = successes, terms = 1; ; i++, terms++) {
    const ratio = ((trials - i) / (i + 1)) * odds * (1 + 8 * UNIT_ROUNDOFF);
    const rest = ratio < 1 ? (term * ratio) / (1 - ratio) : Number.POSITIVE_INFINITY;
    if ((sum + rest) * (1 + 2 * (2 * terms + 3) * UNIT_ROUNDOFF) <= limit) return true;
    if (!(sum <= limit) || rest < UNIT_ROUNDOFF * sum) return false;
    term *= ratio;
    sum += term;
  }
}

/**
 * log P(X = k) for X binomial with n and p, 0 < k < n, and a bound on its rounding error, q = 1 - p:
 *
 *     k log(n p / k) + (n-k) log(n q / (n-k)) + log(n / (2 pi k (n-k))) / 2 + s(n) - s(k) - s(n-k)
 *
 * with Stirling's correction s. The first two nearly cancel; they are taken from the excess d = n p - k,
 * which is computed from the rarer outcome and so within u (n min(p, q) + |d|). Error of each: u (2 n min(p,
 * q) + 9 |d| + 3 |value|), see `scaledLog`. The third logarithm: argument within 6 u, and 2 u of its size.
 * Three corrections of 80 u. Five additions: u of their sizes. Doubled for the second order.
 */
function logBinomialTerm(k: number, n: number, p: number): { value: number; error: number } {
  const q = 1 - p;
  const excess = p < 0.5 ? n * p - k : n - k - n * q;
  const hits = scaledLog(k, n * p, excess);
  const misses = scaledLog(n - k, n * q, -excess);
  const width = Math.log(n / (2 * Math.PI * k * (n - k))) / 2;
  const value =
    hits + misses + width + stirlingCorrection(n) - stirlingCorrection(k) - stirlingCorrection(n - k);
  const sizes = Math.abs(hits) + Math.abs(misses) + Math.abs(width) + 1;
  const parts = 4 * n * Math.min(p, q) + 18 * Math.abs(excess) + 8 * sizes + 250;
  return { value, error: 2 * UNIT_ROUNDOFF * parts };
}

/**
 * x log(mean / x) where mean = x + excess. Near 1 by log1p, which at most doubles the error of excess and of
 * the quotient and adds 2 u of its size, the product u; |log1p(y)| <= 1.4 |y|. Elsewhere x <= 2 |excess|, and
 * the argument within 3 u costs 3 u x, the logarithm and the product 3 u of the value.
 */
function scaledLog(x: number, mean: number, excess: number): number {
  return x * (Math.abs(excess) <= x / 2 ? Math.log1p(excess / x) : Math.log(mean / x));
}

/**
 * s(m) = log m! - (m + 1/2) log m + m - log(2 pi)/2 for an integer m >= 1, within 80 u.
 *
 * From 16 on by Stirling's series, whose error is below the first term left out, 691/360360 m^-11 < 2 u;
 * below by s(m) = s(m+1) + (m + 1/2) log(1 + 1/m) - 1, at most 15 steps of 5 u (quotient, log1p, product; the
 * difference is exact).
 */
function stirlingCorrection(m: number): number {
  let correction = 0;
  let from = m;
  for (; from < STIRLING_FROM; from++) correction += (from + 0.5) * Math.log1p(1 / from) - 1;
  const square = from * from;
  const series = 1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square;
  return correction + series / from;
}

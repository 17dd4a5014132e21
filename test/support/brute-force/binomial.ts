import { units } from './label-changes.ts';

/** A double from (0, 1) as a fraction in lowest terms: numerator, and the power of two below it. */
export function fractionOf(value: number): { numerator: bigint; denominator: bigint } {
  let numerator = units(value);
  let denominator = 1n << 1074n;
  for (; (numerator & 1n) === 0n && denominator > 1n; numerator >>= 1n) denominator >>= 1n;
  return { numerator, denominator };
}

/** Weights of X = 0..n, X binomial with n and the double p, out of denominator^n: exact. */
export function binomialWeights(trials: number, p: number): { weights: bigint[]; total: bigint } {
  const { numerator: hit, denominator } = fractionOf(p);
  const miss = denominator - hit;
  const n = BigInt(trials);
  let ways = 1n;
  const weights = Array.from({ length: trials + 1 }, (_, successes) => {
    const k = BigInt(successes);
    if (k > 0n) ways = (ways * (n - k + 1n)) / k;
    return ways * hit ** k * miss ** (n - k);
  });
  return { weights, total: denominator ** n };
}

/** Whether P(X >= successes) <= risk, exactly: the tail by Horner's scheme, without the weights one by one. */
export function tailIsWithin(successes: number, trials: number, p: number, risk: number): boolean {
  const { numerator: hit, denominator } = fractionOf(p);
  const miss = denominator - hit;
  let ways = 1n;
  let misses = 1n;
  let tail = 1n; // sum over i >= k of C(n, i) hit^(i-k) miss^(n-i), from k = n down
  for (let k = trials - 1; k >= successes; k--) {
    ways = (ways * BigInt(k + 1)) / BigInt(trials - k);
    misses *= miss;
    tail = tail * hit + ways * misses;
  }
  const limit = fractionOf(risk);
  return (
    tail * hit ** BigInt(successes) * limit.denominator <= limit.numerator * denominator ** BigInt(trials)
  );
}

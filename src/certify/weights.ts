import type { GainBuckets } from '../kernel/gain-buckets.ts';

/**
 * How contributions are reshaped before they are summed: any function of the contributions alone keeps the scores
 * linear in the labels, so every certificate holds for the reshaped ones. certificates.md section 1.
 *
 * - raw: as they are.
 * - sign: 1, 0 or -1. What an attacker spends per flip is the size of a contribution; the class is in its sign.
 * - clip: sizes above the p-quantile over the rows are cut to it.
 * - top: 1 for the `top` largest, `rest` (-1 to 0) for the others; ties go to the smaller row number.
 */
export type Weights =
  | 'raw'
  | 'sign'
  | { readonly clip: number }
  | { readonly top: number; readonly rest: number };

/**
 * Reshapes `alpha` (n) in place. Every value written is one of the contributions, a bound among their sizes, -1, 0, 1
 * or `rest`, so nothing is rounded. Assumes finite contributions and `top` <= n; `buckets` (n rows) is
 * scratch. Cost: a few passes over n, no allocation.
 */
export function applyWeights(alpha: Float64Array, weights: Weights, buckets: GainBuckets): void {
  if (weights === 'raw') return;
  if (weights === 'sign') {
    for (let row = 0; row < alpha.length; row++) alpha[row] = Math.sign(alpha[row]!);
  } else if ('clip' in weights) {
    const bound = sizeQuantile(alpha, weights.clip, buckets);
    for (let row = 0; row < alpha.length; row++) {
      alpha[row] = Math.max(-bound, Math.min(bound, alpha[row]!));
    }
  } else {
    markLargest(alpha, weights.top, weights.rest, buckets);
  }
}

/** The p-quantile of |alpha|: the smallest size that at least a share p of the rows does not exceed. */
function sizeQuantile(alpha: Float64Array, p: number, buckets: GainBuckets): number {
  for (let row = 0; row < alpha.length; row++) buckets.gains[row] = Math.abs(alpha[row]!);
  const fromTop = alpha.length - Math.ceil(p * alpha.length) + 1;
  buckets.load();
  return buckets.positive < fromTop ? 0 : buckets.rank(fromTop);
}

function markLargest(alpha: Float64Array, top: number, rest: number, buckets: GainBuckets): void {
  const least = rankedContribution(alpha, top, buckets);
  let above = 0;
  for (const value of alpha) if (value > least) above++;
  let ties = top - above;
  for (let row = 0; row < alpha.length; row++) {
    const value = alpha[row]!;
    alpha[row] = value > least || (value === least && ties-- > 0) ? 1 : rest;
  }
}

/** The contribution of rank `rank` (1 is the largest), by its signed value. */
function rankedContribution(alpha: Float64Array, rank: number, buckets: GainBuckets): number {
  for (let row = 0; row < alpha.length; row++) buckets.gains[row] = Math.max(alpha[row]!, 0);
  buckets.load();
  if (buckets.positive >= rank) return buckets.rank(rank);
  for (let row = 0; row < alpha.length; row++) buckets.gains[row] = Math.max(-alpha[row]!, 0);
  buckets.load();
  const { positive: negative } = buckets;
  const fromBottom = alpha.length - rank + 1; // among the negative ones: 1 is the smallest of all
  return fromBottom > negative ? 0 : -buckets.rank(fromBottom);
}

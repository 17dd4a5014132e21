import { UNIT_ROUNDOFF } from '../kernel/rounding.ts';
import { clopperPearsonLower, riskOf } from './clopper-pearson.ts';
import type { NeymanPearsonTable } from './neyman-pearson.ts';

/** What `monteCarloCertificate` proves about one query, with the confidence it was asked for. */
export interface MonteCarloCertificate {
  readonly prediction: number;
  readonly flips: number;
  /** Of the samples drawn for the count, those that elected the prediction. */
  readonly votes: number;
  /** Lower bound on the probability that noisy labels elect the prediction. */
  readonly pLower: number;
}

/** Samples that pick the class, before so many are drawn to count its votes: a tenth, from 100 to 1,000. */
export function selectionSamples(samples: number): number {
  return Math.min(1000, Math.max(100, Math.ceil(samples / 10)));
}

/** Votes of each class in two disjoint sets of samples (`NoisyVotes.collect`), the second of `samples` in all. */
export interface SampledVotes {
  readonly selection: Int32Array;
  readonly counts: Int32Array;
  readonly samples: number;
}

/**
 * Prediction and certificate of the smoothed classifier from votes over label noise; null when it abstains.
 * Rosenfeld et al. (ICML 2020), after Cohen et al. (ICML 2019); certificates.md section 4.
 *
 * The votes of `selection` pick the class, those of `counts` bound its probability. The label noise is that of `table`;
 * `cap` is the number of rows that may be flipped.
 *
 * Guarantee: with probability at least `confidence` over the samples, whichever labels change in at most
 * `flips` rows, noisy labels elect the prediction with probability above 1/2. Throws a RangeError unless 0 <
 * confidence < 1. Cost: that of a Clopper-Pearson bound.
 */
export function monteCarloCertificate(
  { selection, counts, samples }: SampledVotes,
  confidence: number,
  table: NeymanPearsonTable,
  cap: number,
): MonteCarloCertificate | null {
  const prediction = selection.indexOf(Math.max(...selection));
  const votes = counts[prediction]!;
  const pLower = clopperPearsonLower(votes, samples, riskOf(confidence));
  if (!(pLower > 0.5)) return null;
  return { prediction, flips: table.flips(logFailure(pLower), cap), votes, pLower };
}

/**
 * log(1 - p) at its upper end, for 1/2 <= p < 1: the difference is exact (Sterbenz), the logarithm within 2 u
 * of its size.
 */
export function logFailure(p: number): number {
  return Math.log(1 - p) * (1 - 4 * UNIT_ROUNDOFF);
}

import { type LogMoments, logMoments } from '../kernel/log-moments.ts';
import { summationError } from '../kernel/rounding.ts';
import { chernoffBound } from './chernoff.ts';
import { type Contest, contestsFor, type DecisionRule } from './contest.ts';
import type { Query } from './exact.ts';
import { kullbackLeiblerFlips, LOG_HALF } from './kullback-leibler.ts';
import { type LabelNoise, momentCoefficients } from './label-noise.ts';
import { flippableRows, type ThreatModel } from './threat.ts';

/** What `smoothedCertificate` proves about one query. */
export interface SmoothedCertificate {
  readonly prediction: number;
  readonly flips: number;
  readonly klFlips: number;
  /** Upper bound on the log-probability of failure against the closest rival; -Infinity when no label can fail it. */
  readonly logFailure: number;
  /** t at which the closest rival's bound was taken; null when the failure is impossible. */
  readonly t: number | null;
}

/**
 * Prediction and certificate of the smoothed classifier, the pairwise majority of the linear classifier over label
 * noise; null when it abstains. Deterministic: Chernoff's bound, no sampling. Rosenfeld et al. (ICML 2020);
 * certificates.md section 3.
 *
 * Guarantee: whatever labels change in at most `flips` rows, each rival still loses with probability above 1/2.
 * Assumes finite contributions. Cost: a few passes over n rows for each rival.
 */
export function smoothedCertificate(
  query: Query,
  rule: DecisionRule,
  noise: LabelNoise,
  threat: ThreatModel,
): SmoothedCertificate | null {
  const prediction = favourite(query, rule, noise);
  const cap = flippableRows(threat, query.labels, noise.classes);
  let klFlips = cap;
  let logFailure = Number.NEGATIVE_INFINITY;
  let t: number | null = null;
  for (const match of contestsFor(prediction, noise.classes, rule)) {
    if (isCertain(query, match)) continue;
    const bound = failureBound(query, match, noise);
    if (bound === null || !(bound.logFailure < LOG_HALF)) return null;
    if (bound.logFailure > logFailure) ({ logFailure, t } = bound);
    klFlips = Math.min(klFlips, kullbackLeiblerFlips(bound.logFailure, noise));
  }
  return { prediction, flips: klFlips, klFlips, logFailure, t };
}

/** Chernoff's bound on the probability that noisy labels make the prediction lose this contest. */
export function failureBound(query: Query, match: Contest, noise: LabelNoise) {
  const coefficients = momentCoefficients(noise, match);
  const moments: LogMoments = { value: 0, slope: 0, curvature: 0, error: 0 };
  return chernoffBound((t) => {
    logMoments(query.alpha, query.labels, coefficients, t, moments);
    const shift = t * match.constant;
    moments.value -= shift;
    moments.slope -= match.constant;
    moments.error += summationError(2, Math.abs(moments.value) + 2 * Math.abs(shift));
    return moments;
  });
}

/**
 * The only class that the bounds can be proved for: the one that the mean favours. E D = (1 - q - q') (s_c - s_j) under
 * argmax, so it has the largest score; under a threshold the mean of the positive score is compared with it.
 * Which class is tried does not touch the guarantee: the bound proves it or the classifier abstains.
 */
function favourite(query: Query, rule: DecisionRule, noise: LabelNoise): number {
  const { sums } = query.scores;
  if (rule.kind === 'argmax') return sums.indexOf(sums.reduce((best, sum) => Math.max(best, sum)));
  const { positive, value } = rule;
  const mean = (1 - noise.q) * sums[positive]! + noise.q * sums[1 - positive]!;
  return mean > value ? positive : 1 - positive;
}

/** Whether even the worst label of every row leaves the lead positive; possible under a threshold only. */
function isCertain(query: Query, match: Contest): boolean {
  const highest = Math.max(...match.weights);
  const lowest = Math.min(...match.weights);
  let least = match.constant;
  let magnitude = Math.abs(match.constant);
  for (const value of query.alpha) {
    const worst = value * (value > 0 ? lowest : highest);
    least += worst;
    magnitude += Math.abs(worst);
  }
  return least > summationError(query.alpha.length + 1, magnitude);
}

import type { GainBuckets } from '../kernel/gain-buckets.ts';
import { logMomentGains } from '../kernel/log-moment-gains.ts';
import type { LogMoments } from '../kernel/log-moments.ts';
import { summationError } from '../kernel/rounding.ts';
import type { Contest } from './contest.ts';
import type { Query } from './exact.ts';
import { LOG_HALF } from './kullback-leibler.ts';
import { type LabelNoise, momentCoefficients } from './label-noise.ts';
import type { ThreatModel } from './threat.ts';
import { worstLabels } from './worst-labels.ts';

/**
 * With flips the optimum moves from the Chernoff optimum t* towards 0: the search covers a 32nd of t* to t*.
 */
const OCTAVES = 5;
const GRID = 6;
const REFINEMENTS = 5;
const GOLDEN_SECTION = (Math.sqrt(5) - 1) / 2;

/**
 * Linear certificate of the smoothed classifier: the number of label changes, among those that the threat
 * model allows, after which P(failure) is still below 1/2. It uses that the lead is linear in the labels, so
 * it is usually much larger than what holds for any classifier, and it profits from a restricted threat
 * model. certificates.md section 3.5.
 *
 * For every t > 0, r changes raise L(t) by at most the r largest gains; they are survived if the sum stays
 * below log(1/2). Guarantee: sound for every t, so the search (a grid over t, then golden sections around its
 * best) need not be exact; L and the gains are taken at their upper ends. `evaluate` gives L and its error at
 * t; `best` is the Chernoff optimum. Returns at most `cap`. Cost: 13 evaluations of two passes over n rows each.
 */
export function linearFlips(
  query: Query,
  match: Contest,
  noise: LabelNoise,
  threat: ThreatModel,
  evaluate: (t: number) => LogMoments,
  best: number,
  cap: number,
  buckets: GainBuckets,
): number {
  const coefficients = momentCoefficients(noise, match);
  const ifPositive = worstLabels(match, threat, true);
  const ifNegative = worstLabels(match, threat, false);

  const flipsAt = (t: number): number => {
    const { value, error } = evaluate(t);
    const start = value + error;
    if (!(start < LOG_HALF)) return 0;
    const { alpha, labels } = query;
    const gainError = logMomentGains(
      alpha,
      labels,
      coefficients,
      ifPositive,
      ifNegative,
      threat.attackable,
      t,
      buckets.gains,
    );
    const positive = buckets.load();
    const stands = (total: number) =>
      start + total + gainError + summationError(alpha.length + 3, total - start) < LOG_HALF;
    const { taken } = buckets.descend(stands);
    return taken === positive ? cap : Math.min(taken, cap);
  };

  let center = 0;
  let most = flipsAt(best);
  for (let i = 1; i < GRID; i++) {
    const octave = (OCTAVES * i) / (GRID - 1);
    const flips = flipsAt(best * 2 ** -octave);
    if (flips > most) [most, center] = [flips, octave];
  }
  // Golden sections of the octaves around the best of the grid, one evaluation each.
  let low = Math.max(0, center - 1);
  let high = Math.min(OCTAVES, center + 1);
  let left = high - GOLDEN_SECTION * (high - low);
  let right = low + GOLDEN_SECTION * (high - low);
  let flipsLeft = flipsAt(best * 2 ** -left);
  let flipsRight = flipsAt(best * 2 ** -right);
  for (let step = 0; step < REFINEMENTS; step++) {
    most = Math.max(most, flipsLeft, flipsRight);
    if (flipsLeft >= flipsRight) {
      [high, right, flipsRight] = [right, left, flipsLeft];
      left = high - GOLDEN_SECTION * (high - low);
      flipsLeft = flipsAt(best * 2 ** -left);
    } else {
      [low, left, flipsLeft] = [left, right, flipsRight];
      right = low + GOLDEN_SECTION * (high - low);
      flipsRight = flipsAt(best * 2 ** -right);
    }
  }
  return Math.max(most, flipsLeft, flipsRight);
}

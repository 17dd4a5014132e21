import type { GainBuckets } from '../kernel/gain-buckets.ts';
import type { LogMoments, MomentCoefficients } from '../kernel/reference/log-moments.ts';
import { exponentOf, powerOfTwo } from '../kernel/reference/powers-of-two.ts';
import type { Kernel } from '../kernel/reference/reference-kernel.ts';
import { referenceKernel } from '../kernel/reference/reference-kernel.ts';
import { summationError } from '../kernel/rounding.ts';
import { cellMoments } from './cell-moments.ts';
import { type ChernoffBound, chernoffBound } from './chernoff.ts';
import { type Contest, contestsFor, type DecisionRule } from './contest.ts';
import { type ContestCells, contestCells } from './contest-cells.ts';
import { kullbackLeiblerFlips, LOG_HALF } from './kullback-leibler.ts';
import { type LabelNoise, momentCoefficients } from './label-noise.ts';
import { linearFlips } from './linear.ts';
import type { NeymanPearsonTable } from './neyman-pearson.ts';
import type { Query } from './query.ts';
import { ANY_LABEL, flippableRows, type ThreatModel } from './threat.ts';

const PROOFS = ['kl', 'neyman-pearson', 'linear'] as const;

/** What the rows have to reach of the log-bound of their cells, which is off by some hundredths at most. */
const CLOSE = 0.98;

/**
 * The certificates of a smoothed classifier, from the most general and smallest to the one that knows most
 * about it.
 */
export type Proof = (typeof PROOFS)[number];

/** What `smoothedCertificate` proves about one query. */
export interface SmoothedCertificate {
  readonly prediction: number;
  /** Per rival the best of the three certificates, then the least over the rivals. */
  readonly flips: number;
  /** Which certificate gave `flips`: the most general one such that it, or a more general one, gives as many against each rival. */
  readonly by: Proof;
  readonly klFlips: number;
  readonly neymanPearsonFlips: number;
  readonly linearFlips: number;
  /**
   * Upper bound on the log-probability of failure against the closest rival; -Infinity when no label can fail
   * it.
   */
  readonly logFailure: number;
}

/**
 * Prediction and certificate of the smoothed classifier, the pairwise majority of the linear classifier over
 * label noise; null when it abstains. Deterministic: Chernoff's bound, no sampling. Rosenfeld et al. (ICML
 * 2020); certificates.md section 3.
 *
 * Guarantee: whatever labels the threat model lets change in at most `flips` rows, each rival still loses
 * with probability above 1/2. The Kullback-Leibler and Neyman-Pearson certificates hold for changes of any
 * rows. Assumes finite contributions. The label noise is that of `table`. Contributions beyond any use (`rescale`) are
 * overwritten. Cost: for each rival some five passes over n rows, and searches on their cells.
 */
export function smoothedCertificate(
  query: Query,
  rule: DecisionRule,
  table: NeymanPearsonTable,
  threat: ThreatModel,
  buckets: GainBuckets,
): SmoothedCertificate | null {
  const { noise } = table;
  const prediction = favourite(query, rule, noise);
  const cap = flippableRows(threat, query.labels, noise.classes);
  const least = { kl: cap, 'neyman-pearson': cap, linear: cap };
  /** What each certificate gives together with the more general ones. */
  const reached = { kl: cap, 'neyman-pearson': cap, linear: cap };
  let logFailure = Number.NEGATIVE_INFINITY;
  const open = contestsFor(prediction, noise.classes, rule).filter((match) => !isCertain(query, match));
  const scale = open.length > 0 ? rescale(query) : 1;
  for (const unscaled of open) {
    const match = { ...unscaled, constant: unscaled.constant * scale };
    const coefficients = momentCoefficients(noise, match);
    const cells = contestCells(query, match, threat);
    const evaluate = logMomentsOf(query, match, coefficients, buckets.kernel);
    const bound = boundFrom(evaluate, cells, coefficients, match);
    if (bound === null || !(bound.logFailure < LOG_HALF)) return null;
    logFailure = Math.max(logFailure, bound.logFailure);
    const kl = Math.min(cap, kullbackLeiblerFlips(bound.logFailure, noise));
    const own = {
      kl,
      'neyman-pearson': Math.max(kl, table.flips(bound.logFailure, cap)), // as large in exact arithmetic
      linear: linearFlips(
        { query, match, threat, buckets },
        { coefficients, cells, evaluate, best: bound.t },
        cap,
      ),
    };
    let best = 0;
    for (const proof of PROOFS) {
      best = Math.max(best, own[proof]);
      least[proof] = Math.min(least[proof], own[proof]);
      reached[proof] = Math.min(reached[proof], best);
    }
  }
  const flips = reached.linear;
  const by = PROOFS.find((proof) => reached[proof] === flips)!;
  const { kl: klFlips, 'neyman-pearson': neymanPearsonFlips, linear } = least;
  return { prediction, flips, by, klFlips, neymanPearsonFlips, linearFlips: linear, logFailure };
}

/** Sums of contributions from which on, or up to which, the squares of single ones may be no doubles. */
const [LARGE, SMALL] = [2 ** 256, 2 ** -256];

/**
 * Multiplies contributions that are very large or very small, in place, by a power of two that brings their sum of sizes to
 * between 1 and 2, and returns that power; 1 where there is nothing to do. Which class leads does not change with the scale
 * (the constants of the contests are scaled too), and the product is exact, except where it underflows: by less than 2^-1074 a row,
 * which vanishes beside the rounding that the bounds allow for. certificates.md section 9. Cost: a pass where it scales.
 */
function rescale({ alpha, scores: { magnitudes } }: Query): number {
  let total = 0;
  for (const magnitude of magnitudes) total += magnitude;
  if (!(total > 0 && total < Number.POSITIVE_INFINITY) || (total > SMALL && total < LARGE)) return 1;
  const scale = powerOfTwo(-exponentOf(total));
  for (let row = 0; row < alpha.length; row++) alpha[row] = alpha[row]! * scale;
  return scale;
}

/** Chernoff's bound on the probability that noisy labels make the prediction lose this contest. */
export function failureBound(query: Query, match: Contest, noise: LabelNoise): ChernoffBound | null {
  const coefficients = momentCoefficients(noise, match);
  const evaluate = logMomentsOf(query, match, coefficients, referenceKernel);
  return boundFrom(evaluate, contestCells(query, match, ANY_LABEL), coefficients, match);
}

/**
 * The same, with the optimum of the cells to start from: they have the slope of the rows at 0. Where the rows fall far
 * short of their cells that was no good, as where a failure is all but impossible, and the search starts at 0.
 */
function boundFrom(
  evaluate: (t: number) => LogMoments,
  cells: ContestCells | null,
  coefficients: MomentCoefficients,
  match: Contest,
): ChernoffBound | null {
  if (cells === null) return chernoffBound(evaluate);
  const near = chernoffBound(cellMoments(cells, coefficients, match.constant));
  if (near === null) return null;
  const bound = chernoffBound(evaluate, near.t);
  const close = bound !== null && bound.logFailure <= CLOSE * near.logFailure;
  return close ? bound : chernoffBound(evaluate);
}

/**
 * L(t) of a contest with its derivatives and error, as a function of t; it returns the same object each time.
 */
function logMomentsOf(
  query: Query,
  match: Contest,
  coefficients: MomentCoefficients,
  kernel: Kernel,
): (t: number) => LogMoments {
  const moments: LogMoments = { value: 0, slope: 0, curvature: 0, error: 0 };
  return (t) => {
    kernel.logMoments(query.alpha, query.labels, coefficients, t, moments);
    const shift = t * match.constant;
    moments.value -= shift;
    moments.slope -= match.constant;
    moments.error += summationError(2, Math.abs(moments.value) + 2 * Math.abs(shift));
    return moments;
  };
}

/**
 * The only class that the bounds can be proved for: the one that the mean favours. E D = (1 - q - q') (s_c -
 * s_j) under argmax, so it has the largest score; under a threshold the mean of the positive score is
 * compared with it. Which class is tried does not touch the guarantee: the bound proves it or the classifier
 * abstains.
 */
function favourite(query: Query, rule: DecisionRule, noise: LabelNoise): number {
  const { sums } = query.scores;
  if (rule.kind === 'argmax') return sums.indexOf(sums.reduce((best, sum) => Math.max(best, sum)));
  const { positive, value } = rule;
  const mean = (1 - noise.q) * sums[positive]! + noise.q * sums[1 - positive]!;
  return mean > value ? positive : 1 - positive;
}

/**
 * Whether even the worst label of every row leaves the lead positive. Some label weighs 0 or less and some 0 or more, so
 * no row adds to its worst case: it takes a threshold on the right side of 0.
 */
function isCertain(query: Query, match: Contest): boolean {
  if (!(match.constant > 0)) return false;
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

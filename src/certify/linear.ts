import type { LogMoments, MomentCoefficients } from '../kernel/reference/log-moments.ts';
import { summationError } from '../kernel/rounding.ts';
import { cellFlips } from './cell-moments.ts';
import type { ContestCells } from './contest-cells.ts';
import type { Contested } from './contested.ts';
import { highest } from './highest.ts';
import { LOG_HALF } from './kullback-leibler.ts';
import { worstLabels } from './worst-labels.ts';

/**
 * The rows may fall short of what their cells promise by one flip and this part; else the cells were too coarse. They promise
 * a percent or two too much, since the rows of a cell that gain most come first.
 */
const SHORTFALL = 0.03;

/** A contest over label noise. */
export interface Smoothed {
  readonly coefficients: MomentCoefficients;
  /** Null where the contest has too few rows. */
  readonly cells: ContestCells | null;
  /** L and its error at t. */
  readonly evaluate: (t: number) => LogMoments;
  /** The Chernoff optimum of t: with flips the optimum moves from there towards 0. */
  readonly best: number;
}

/**
 * Linear certificate of the smoothed classifier: the number of label changes, among those that the threat
 * model allows, after which P(failure) is still below 1/2. It uses that the lead is linear in the labels, so
 * it is usually much larger than what holds for any classifier, and it profits from a restricted threat
 * model. certificates.md section 3.5.
 *
 * For every t > 0, r changes raise L(t) by at most the r largest gains; they are survived if the sum stays
 * below log(1/2). Guarantee: sound for every t, so the search need not be exact, and goes over the cells of the contest
 * where there are some; L and the gains are taken at their upper ends. Returns at most `cap`. Cost: 13 passes over
 * the cells and two over n rows, of which one takes an exp and a log each; without cells 26 passes over the rows.
 */
export function linearFlips(
  { query, match, threat, buckets }: Contested,
  { coefficients, cells, evaluate, best }: Smoothed,
  cap: number,
): number {
  const ifPositive = worstLabels(match, threat, true);
  const ifNegative = worstLabels(match, threat, false);
  const flipsAt = (t: number): number => {
    const { value, error } = evaluate(t);
    const start = value + error;
    if (!(start < LOG_HALF)) return 0;
    const { alpha, labels } = query;
    const gainError = buckets.kernel.logMomentGains(
      alpha,
      labels,
      coefficients,
      ifPositive,
      ifNegative,
      threat.attackable,
      t,
      buckets.gains,
    );
    buckets.load();
    const stands = (total: number) =>
      start + total + gainError + summationError(alpha.length + 3, total - start) < LOG_HALF;
    if (!stands(0)) return 0; // the walk asks about gains that are there only
    const { taken, all } = buckets.descend(stands);
    return all ? cap : Math.min(taken, cap);
  };

  if (cells !== null) {
    const promised = cellFlips(cells, coefficients, match.constant);
    const { octave, most } = highest((octaves) => promised(best * 2 ** -octaves));
    const found = flipsAt(best * 2 ** -octave);
    if (found + 1 >= (1 - SHORTFALL) * Math.floor(Math.min(most, cap))) return found;
  }
  return highest((octave) => flipsAt(best * 2 ** -octave)).most;
}

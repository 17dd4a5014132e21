import type { GainBuckets } from '../kernel/gain-buckets.ts';
import { summationError } from '../kernel/rounding.ts';
import { type Contest, contestsFor, type DecisionRule } from './contest.ts';
import type { Contested } from './contested.ts';
import { exactLead, lead } from './predict.ts';
import type { Query } from './query.ts';
import { flippableRows, type ThreatModel } from './threat.ts';
import { worstLabels } from './worst-labels.ts';

/**
 * One label change of an attack: `row` counts from 0 in the order of registration; labels are class numbers.
 */
export interface Flip {
  readonly row: number;
  readonly from: number;
  readonly to: number;
}

/** What `exactCertificate` proves. */
export interface ExactCertificate {
  readonly flips: number;
  readonly unbreakable: boolean;
  /** The contest that the prediction loses first; null when it is unbreakable. */
  readonly weakest: Contest | null;
}

/**
 * Exact certificate of a linear classifier: the largest r such that no change of at most r labels that the
 * threat model allows moves the prediction away from `predicted`. One more flip does (`breakingSet`), unless
 * it is unbreakable.
 *
 * Scores are linear in the labels, so the worst r changes are the r largest gains. certificates.md section 2.
 * Guarantee: `flips` is the exact value for the contributions given: floating-point sums decide only beyond
 * their error bound, the rest is decided in exact arithmetic. Assumes that `predicted` is what `predict`
 * returns, finite contributions, and that `buckets` has n rows. Cost: O(n) a rival, O(n log n) for a
 * near-tie.
 */
export function exactCertificate(
  query: Query,
  predicted: number,
  rule: DecisionRule,
  threat: ThreatModel,
  buckets: GainBuckets,
): ExactCertificate {
  const classes = query.scores.sums.length;
  let weakest: Contest | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const match of contestsFor(predicted, classes, rule)) {
    const flips = flipsSurvived({ query, match, threat, buckets });
    if (flips !== null && flips < least) [least, weakest] = [flips, match];
  }
  if (weakest !== null) return { flips: least, unbreakable: false, weakest };
  return { flips: flippableRows(threat, query.labels, classes), unbreakable: true, weakest };
}

/**
 * A smallest attack that changes the prediction: `certificate.flips + 1` label changes, in the order of the
 * rows; null when unbreakable. Among equal gains the smaller row numbers are taken. Cost: O(n).
 */
export function breakingSet(
  query: Query,
  { flips, weakest: match }: ExactCertificate,
  threat: ThreatModel,
  buckets: GainBuckets,
): Flip[] | null {
  if (match === null) return null;
  loadGains({ query, match, threat, buckets });
  const ifPositive = worstLabels(match, threat, true);
  const ifNegative = worstLabels(match, threat, false);
  return Array.from(buckets.largest(flips + 1), (row) => {
    const from = query.labels[row]!;
    return { row, from, to: (query.alpha[row]! > 0 ? ifPositive : ifNegative)[from]! };
  });
}

/**
 * The largest number of flips that leaves the lead standing in this contest; null when all of them do. Exact, as
 * `exactCertificate`. Assumes that the lead stands without flips. Cost: O(n), O(n log n) for a near-tie.
 */
export function flipsSurvived(contested: Contested): number | null {
  const { query, match, buckets } = contested;
  const rows = query.alpha.length;
  loadGains(contested);
  const start = lead(query.scores, rows, match);
  // |start - total| is off by start.error, by gamma_rows total (a sum of at most `rows` gains, added in any
  // order) and by one rounding of the difference; the bound is taken for two terms more and doubled by
  // summationError.
  const slack = (total: number) => start.error + summationError(rows + 2, total + Math.abs(start.value));
  const { taken, all, nextTotal } = buckets.descend((total) => start.value - total > slack(total));
  // Up to here the prediction surely stands. Either every gain is spent, or the next one surely breaks it, or
  // it is close.
  if (all) return null;
  if (start.value - nextTotal < -slack(nextTotal)) return taken;
  return exactFlipsSurvived(contested, taken);
}

/** As `flipsSurvived`, in exact arithmetic, given that `surely` flips are survived. */
function exactFlipsSurvived({ query, match, buckets }: Contested, surely: number): number | null {
  const remaining = exactLead(query.alpha, query.labels, match);
  const sorted = buckets.allSorted();
  for (let taken = 0; taken < sorted.length; taken++) {
    remaining.add(-sorted[sorted.length - 1 - taken]!);
    if (taken < surely) continue;
    const sign = remaining.sign();
    if (!(match.strict ? sign > 0 : sign >= 0)) return taken;
  }
  return null;
}

function loadGains({ query, match, threat, buckets }: Contested): void {
  const { weights } = match;
  const dropIfPositive = worstDrops(weights, worstLabels(match, threat, true), 1);
  const dropIfNegative = worstDrops(weights, worstLabels(match, threat, false), -1);
  const { alpha, labels } = query;
  buckets.kernel.gains(alpha, labels, dropIfPositive, dropIfNegative, threat.attackable, buckets.gains);
  buckets.load();
}

/** How much each class's worst label takes from the lead for a contribution of 1, or of -1. */
function worstDrops(weights: Float64Array, worst: Int32Array, contribution: 1 | -1): Float64Array {
  const drops = new Float64Array(worst.length);
  for (let from = 0; from < drops.length; from++) {
    drops[from] = contribution * (weights[from]! - weights[worst[from]!]!);
  }
  return drops;
}

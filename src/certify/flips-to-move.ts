import type { GainBuckets } from '../kernel/gain-buckets.ts';
import { contestsFor, type DecisionRule } from './contest.ts';
import { flipsSurvived } from './exact.ts';
import type { Query } from './query.ts';
import type { ThreatModel } from './threat.ts';

/**
 * For each class, how many label flips it takes at least to move the prediction `vote` of a linear classifier
 * there: 0 for `vote` itself, Infinity where no allowed flips do. The least of the others is the exact number that
 * moves it anywhere.
 *
 * A class must overtake `vote`, and section 2 gives the exact number for that. With two classes the number is
 * therefore exact; with more it is a lower bound, since the class must overtake all others too
 * (certificates.md section 5.4, also on why it is not made exact). Assumes that `vote` is what `predict` returns
 * and that `buckets` has n rows. Cost: O(n K).
 */
export function flipsToMove(
  query: Query,
  vote: number,
  rule: DecisionRule,
  threat: ThreatModel,
  buckets: GainBuckets,
): Float64Array {
  const classes = query.scores.sums.length;
  const flips = new Float64Array(classes);
  for (const match of contestsFor(vote, classes, rule)) {
    flips[match.rival] = (flipsSurvived({ query, match, threat, buckets }) ?? Number.POSITIVE_INFINITY) + 1;
  }
  return flips;
}

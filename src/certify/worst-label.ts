import type { Contest } from './contest.ts';
import { allows, type ThreatModel } from './threat.ts';

/**
 * The label whose weight hurts the lead most, for a row of label `from` with a positive (or negative)
 * contribution: `from` itself where no allowed change hurts; ties to the smaller class.
 */
export function worstLabel(
  match: Contest,
  threat: ThreatModel,
  from: number,
  positive: boolean,
  classes: number,
): number {
  let worst = from;
  for (let to = 0; to < classes; to++) {
    if (!allows(threat, from, to, classes)) continue;
    const drop = match.weights[worst]! - match.weights[to]!;
    if (positive ? drop > 0 : drop < 0) worst = to;
  }
  return worst;
}

import type { Contest } from './contest.ts';
import { allows, type ThreatModel } from './threat.ts';

/**
 * For each class, the label whose weight hurts the lead most, for a row of that class with a positive (or negative)
 * contribution: the class itself where no allowed change hurts; ties to the smaller class.
 *
 * Cost: O(K) for argmax and threshold, in whose contests all classes but one have one class at most that is worse. It
 * runs once a rival, so it is a plain loop.
 */
export function worstLabels({ weights }: Contest, threat: ThreatModel, positive: boolean): Int32Array {
  const classes = weights.length;
  const sign = positive ? 1 : -1;
  const worstFirst = new Int32Array(classes);
  let placed = 0;
  for (let weight = -1; weight <= 1; weight++) {
    for (let label = 0; label < classes; label++) {
      if (sign * weights[label]! === weight) worstFirst[placed++] = label;
    }
  }
  const worst = new Int32Array(classes);
  for (let from = 0; from < classes; from++) {
    const own = sign * weights[from]!;
    worst[from] = from;
    for (let i = 0; sign * weights[worstFirst[i]!]! < own; i++) {
      if (!allows(threat, from, worstFirst[i]!, classes)) continue;
      worst[from] = worstFirst[i]!;
      break;
    }
  }
  return worst;
}

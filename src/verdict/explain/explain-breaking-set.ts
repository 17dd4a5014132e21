import { breakingSet, type ExactCertificate } from '../../certify/exact.ts';
import type { ThreatModel } from '../../certify/threat.ts';
import type { Model } from '../../model/model.ts';
import type { Explanation } from '../certified-prediction.ts';
import type { Explained } from './explained.ts';

/** A smallest attack on the labels that turns the prediction; null when there is none. Cost: O(n). */
export function explainBreakingSet(
  { rule, classes, workspace }: Model,
  {
    query,
    prediction,
    certificate,
    threat,
  }: Explained & { certificate: ExactCertificate; threat: ThreatModel },
): Explanation {
  const flips = breakingSet(query, prediction, certificate, rule, threat, workspace.buckets);
  const named = flips?.map(({ row, from, to }) => ({ row, from: classes[from]!, to: classes[to]! }));
  return { breakingSet: named ?? null };
}

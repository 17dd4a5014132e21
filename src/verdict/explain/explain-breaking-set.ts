import { breakingSet } from '../../certify/exact.ts';
import type { Model } from '../../model/model.ts';
import type { Explanation } from '../certified-prediction.ts';
import type { Explained } from './explained.ts';

/**
 * A smallest attack on the labels that turns the prediction; null when there is none. One of more than `most` rows is left out,
 * with a warning: a part of it turns nothing. Cost: O(n).
 */
export function explainBreakingSet(
  { classes, workspace }: Model,
  { query, certificate, threat }: Explained,
  most: number,
): { explanation: Explanation; warnings: string[] } {
  if (!certificate.unbreakable && certificate.flips + 1 > most) {
    const warning = `the breaking set of ${certificate.flips + 1} rows is left out: an answer names at most ${most}`;
    return { explanation: {}, warnings: [warning] };
  }
  const flips = breakingSet(query, certificate, threat, workspace.buckets);
  const named = flips?.map(({ row, from, to }) => ({ row, from: classes[from]!, to: classes[to]! }));
  return { explanation: { breakingSet: named ?? null }, warnings: [] };
}

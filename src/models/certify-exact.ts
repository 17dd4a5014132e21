import { breakingSet, exactCertificate, type Query } from '../certify/exact.ts';
import { predict } from '../certify/predict.ts';
import type { ThreatModel } from '../certify/threat.ts';
import type { Verdict } from './certified.ts';
import type { Model } from './model.ts';
import { predicted } from './predicted.ts';

/** The ridge classifier's prediction with its exact certificate, and a breaking set if asked for. */
export function certifyExact(
  model: Model,
  query: Query,
  threat: ThreatModel,
  explain: { readonly breakingSet?: boolean | undefined },
): Verdict {
  const { rule, classes, workspace } = model;
  const prediction = predict(query.alpha, query.labels, query.scores, rule);
  const certificate = exactCertificate(query, prediction, rule, threat, workspace.buckets);
  const { flips, unbreakable } = certificate;
  const found = explain.breakingSet
    ? breakingSet(query, prediction, certificate, rule, threat, workspace.buckets)
    : undefined;
  const named = found?.map(({ row, from, to }) => ({ row, from: classes[from]!, to: classes[to]! })) ?? null;
  return {
    ...predicted(model, query.scores.sums, prediction),
    certificate: {
      flips,
      fraction: flips / query.labels.length,
      guarantee: 'deterministic',
      breaksWith: unbreakable ? null : flips + 1,
      unbreakable,
    },
    ...(found !== undefined && { explanation: { breakingSet: named } }),
  };
}

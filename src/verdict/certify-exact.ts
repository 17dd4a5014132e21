import { exactCertificate } from '../certify/exact.ts';
import { predict } from '../certify/predict.ts';
import type { ThreatModel } from '../certify/threat.ts';
import type { Model } from '../model/model.ts';
import type { Verdict } from './certified-prediction.ts';
import type { Explain } from './explain/explain.ts';
import { namedPrediction } from './named-prediction.ts';
import type { Scored } from './score-instance.ts';

/**
 * The ridge classifier's prediction of an instance with its exact certificate, and what `explain` says of it. The model's
 * workspace, which holds the query, is overwritten.
 */
export function certifyExact(
  model: Model,
  { instance, h, query }: Scored,
  threat: ThreatModel,
  explain: Explain,
): Verdict {
  const { rule, workspace } = model;
  const prediction = predict(query.alpha, query.labels, query.scores, rule);
  const certificate = exactCertificate(query, prediction, rule, threat, workspace.buckets);
  const { flips, unbreakable } = certificate;
  const named = namedPrediction(model, query.scores.sums, prediction);
  const explained = explain({ instance, h, query, prediction, certificate, threat });
  return {
    ...named,
    certificate: {
      method: 'exact',
      flips,
      fraction: flips / query.labels.length,
      guarantee: 'deterministic',
      breaksWith: unbreakable ? null : flips + 1,
      unbreakable,
    },
    ...explained,
  };
}

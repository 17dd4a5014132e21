import type { NeymanPearsonTable } from '../certify/neyman-pearson.ts';
import type { Query } from '../certify/query.ts';
import { smoothedCertificate } from '../certify/smoothed.ts';
import type { ThreatModel } from '../certify/threat.ts';
import type { Model } from '../model/model.ts';
import type { Verdict } from './certified-prediction.ts';
import { namedPrediction } from './named-prediction.ts';

/** The smoothed classifier's prediction with the best of its three certificates, or an abstention. The label noise is that of `table`. */
export function certifySmoothed(
  model: Model,
  query: Query,
  threat: ThreatModel,
  table: NeymanPearsonTable,
): Verdict {
  const certificate = smoothedCertificate(query, model.rule, table, threat, model.workspace.buckets);
  const { sums } = query.scores;
  if (certificate === null) return { ...namedPrediction(model, sums, null), certificate: null };
  const { prediction, flips, by, klFlips, neymanPearsonFlips, linearFlips, logFailure } = certificate;
  return {
    ...namedPrediction(model, sums, prediction),
    certificate: {
      method: 'smoothed',
      flips,
      fraction: flips / query.labels.length,
      guarantee: 'deterministic',
      q: table.noise.q,
      by,
      klFlips,
      neymanPearsonFlips,
      linearFlips,
      logFailure: logFailure === Number.NEGATIVE_INFINITY ? null : logFailure,
    },
  };
}

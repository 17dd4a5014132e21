import type { Query } from '../certify/query.ts';
import { applyWeights, type Weights } from '../certify/weights.ts';
import { hasCode } from '../errors.ts';
import { classSums } from '../kernel/reference/class-sums.ts';
import type { Ensemble, EnsembleWorkspace, Member } from '../model/ensemble.ts';
import type { Model } from '../model/model.ts';
import { partitionContributions } from '../ridge/partition-ridge.ts';
import { MAX_MAGNITUDE } from './score-instance.ts';

/**
 * Contributions and class scores of one member's rows to an instance, in the ensemble's workspace: what
 * is returned holds until the next call. For members without a map of their own the encoded instance is expected in
 * `workspace.query`.
 *
 * Everything here is a function of the member's own rows. Where there is nothing to compute with - no classifier,
 * or the instance or its contributions overflow - each row contributes 0, or 1 / rows with an intercept. Cost:
 * O(n d) for n rows.
 */
export function scoreMember(model: Model, ensemble: Ensemble, member: Member, instance: unknown): Query {
  const { settings } = model;
  const { workspace } = ensemble;
  const { rows } = member;
  const alpha = workspace.alpha.subarray(0, rows.length);
  const labels = workspace.labels.subarray(0, rows.length);
  for (const [at, row] of rows.entries()) labels[at] = model.labels[row]!;
  if (!writeContributions(member, workspace, instance, alpha))
    alpha.fill(settings.intercept ? 1 / rows.length : 0);
  workspace.buckets.resize(rows.length);
  applyWeights(alpha, weightsFor(settings.weights, rows.length), workspace.buckets);
  classSums(alpha, labels, workspace.sums, workspace.magnitudes);
  return { alpha, labels, scores: workspace };
}

/** Writes the contributions; false when there are none that can be used. Sees no label. */
function writeContributions(
  { map, ridge }: Member,
  workspace: EnsembleWorkspace,
  instance: unknown,
  alpha: Float64Array,
): boolean {
  if (ridge === null) return false;
  const query = workspace.query.subarray(0, ridge.means.length);
  if (map !== null && !fits(() => map.encode(instance, query))) return false;
  partitionContributions(query, ridge, workspace.direction.subarray(0, ridge.means.length), alpha);
  let magnitude = 0;
  for (const value of alpha) magnitude += Math.abs(value);
  return magnitude < MAX_MAGNITUDE;
}

/** Whether the instance, which fits the columns of every map, does not overflow in this one. */
function fits(encode: () => void): boolean {
  try {
    encode();
    return true;
  } catch (error) {
    if (!hasCode(error, ['not_finite'])) throw error;
    return false;
  }
}

/** Of fewer rows than are to be marked, all are. */
function weightsFor(weights: Weights, rows: number): Weights {
  if (typeof weights === 'string' || 'clip' in weights) return weights;
  return { ...weights, top: Math.min(weights.top, rows) };
}

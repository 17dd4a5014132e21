import type { Query } from '../certify/exact.ts';
import { applyWeights } from '../certify/weights.ts';
import { SuretyError } from '../errors.ts';
import { classSums } from '../kernel/class-sums.ts';
import { contributionsTo } from '../ridge/ridge.ts';
import type { Model } from './model.ts';

/** Sizes of contributions must add up to less, so that no sum of a certificate overflows. */
export const MOST_MAGNITUDE = 2 ** 1000;

/**
 * Encodes an instance and computes its contributions and class scores, in the model's workspace: what is returned
 * holds until the next call for this model. Returns the encoding's warnings beside. Throws a SuretyError when the
 * instance does not fit the model. Cost: O(d^2 + n d).
 */
export function scoreInstance(model: Model, instance: unknown): { query: Query; warnings: string[] } {
  const { workspace, ridge, labels, settings } = model;
  const { alpha, sums, magnitudes, buckets } = workspace;
  const warnings = model.map.encode(instance, workspace.query);
  contributionsTo(workspace.query, ridge, workspace.direction, alpha);
  classSums(alpha, labels, sums, magnitudes);
  if (!magnitudes.every((magnitude) => magnitude < MOST_MAGNITUDE)) {
    throw new SuretyError('not_finite', 'the scores of the instance overflow');
  }
  if (settings.weights !== 'raw') {
    applyWeights(alpha, settings.weights, buckets);
    classSums(alpha, labels, sums, magnitudes);
  }
  return { query: { alpha, labels, scores: workspace }, warnings };
}

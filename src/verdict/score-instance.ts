import type { Query } from '../certify/query.ts';
import { applyWeights } from '../certify/weights.ts';
import { SuretyError } from '../errors.ts';
import type { Model } from '../model/model.ts';

/** An instance, encoded and scored; `query` and `h` are the model's workspace, and hold until the next one. */
export interface Scored {
  readonly instance: unknown;
  readonly h: Float32Array;
  readonly query: Query;
}

/** Sizes of contributions must add up to less, so that no sum of a certificate overflows. */
export const MAX_MAGNITUDE = 2 ** 1000;

/**
 * Encodes an instance and computes its contributions and class scores, in the model's workspace: what is returned
 * holds until the next call for this model. Throws a SuretyError when the instance does not fit the model. Cost:
 * O(d^2 + n d).
 */
export function scoreInstance(model: Model, instance: unknown): Query {
  const { map, workspace } = model;
  map.encode(instance, workspace.query(0));
  workspace.pass.run(workspace.queries, 1);
  return readScores(model, 0);
}

/**
 * The query at a place of the last pass with its class scores, in the model's workspace. Throws a SuretyError when they
 * overflow. Cost: O(n).
 */
export function readScores({ workspace, settings }: Model, at: number): Query {
  const { alpha, labels, sums, magnitudes, buckets, kernel } = workspace;
  workspace.pass.read(at, alpha);
  kernel.classSums(alpha, labels, sums, magnitudes);
  if (!magnitudes.every((magnitude) => magnitude < MAX_MAGNITUDE)) {
    throw new SuretyError('not_finite', 'the scores of the instance overflow');
  }
  if (settings.weights !== 'raw') {
    applyWeights(alpha, settings.weights, buckets);
    kernel.classSums(alpha, labels, sums, magnitudes);
  }
  return { alpha, labels, scores: workspace };
}

import { SuretyError } from '../errors.ts';
import { choleskyFactor } from '../ridge/cholesky.ts';
import { columnMeans, GramMatrix } from '../ridge/gram.ts';
import type { PartitionRidge } from '../ridge/partition-ridge.ts';
import type { Ridge } from '../ridge/ridge.ts';
import { RowGram } from '../ridge/row-gram.ts';
import type { ModelSettings } from './settings.ts';

/** Multiply-adds, or features encoded, before other work gets a turn of the event loop: some milliseconds. */
export const WORK_A_TURN = 4_000_000;

/** What a fit needs of the settings. */
export type RidgeSettings = Pick<ModelSettings, 'centre' | 'intercept' | 'lambda'>;

/**
 * Fits a ridge classifier to encoded rows (n x width), which it keeps, without their labels. Also returns the
 * lambda in use, absolute. Throws a SuretyError when lambda does not fit the features.
 *
 * Gives other requests a turn every few milliseconds, but for the Cholesky factor. Cost: O(n d^2 + d^3) in primal
 * form, O(n^2 d + n^3) in dual form.
 */
export async function fitRidge(
  features: Float32Array,
  width: number,
  settings: RidgeSettings,
  form: PartitionRidge['form'] = 'primal',
): Promise<{ ridge: Ridge; lambda: number }> {
  const rows = features.length / width;
  const means = settings.centre ? columnMeans(features, width) : new Float64Array(width);
  const gram = form === 'primal' ? new GramMatrix(means) : new RowGram(features, means);
  const workARow = width * (form === 'primal' ? width : rows);
  const turn = 4 * Math.max(1, Math.floor(WORK_A_TURN / (4 * workARow)));
  for (let row = 0; row < rows; row += turn) {
    const to = Math.min(rows, row + turn);
    if (gram instanceof GramMatrix) gram.add(features, row, to);
    else gram.add(row, to);
    await new Promise(setImmediate);
  }
  const lambda =
    'absolute' in settings.lambda
      ? settings.lambda.absolute
      : (settings.lambda.relative * gram.trace()) / width;
  if (!(lambda > 0)) {
    throw new SuretyError(
      'no_features',
      'the features are constant, so a relative lambda is 0; give an absolute one',
    );
  }
  if (!Number.isFinite(lambda)) {
    throw new SuretyError('invalid_settings', 'lambda: too large for these features, it overflows');
  }
  const factor = choleskyFactor(gram.values, form === 'primal' ? width : rows, lambda);
  if (factor === null) {
    throw new SuretyError(
      'invalid_settings',
      "lambda: too small for these features, X'X + lambda I is not positive definite",
    );
  }
  return { ridge: { features, means, factor, intercept: settings.intercept, rows }, lambda };
}

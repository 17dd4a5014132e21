import { SuretyError } from '../errors.ts';
import { GRAM_BLOCK } from '../kernel/gram.ts';
import { choleskyFactor } from '../ridge/cholesky.ts';
import { columnMeans, GramMatrix } from '../ridge/gram.ts';
import type { PartitionRidge } from '../ridge/partition-ridge.ts';
import type { Ridge } from '../ridge/ridge.ts';
import { RowGram } from '../ridge/row-gram.ts';
import { inTurns } from '../taking-turns.ts';
import type { ModelSettings } from './settings.ts';

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
  const gram = await (form === 'primal' ? gramInTurns(features, means) : rowGramInTurns(features, means));
  const { factor, lambda } = factorWith(gram, settings.lambda);
  return { ridge: { features, means, factor, intercept: settings.intercept, rows }, lambda };
}

/**
 * The Gram matrix of the features (n x d) less their means, other work getting a turn every few milliseconds. Equal
 * arguments give equal bits. Throws the signal's reason when it is aborted. Cost: n d^2 / 2 multiply-adds.
 */
export async function gramInTurns(
  features: Float32Array,
  means: Float64Array,
  signal?: AbortSignal,
): Promise<GramMatrix> {
  const width = means.length;
  const rows = features.length / width;
  const gram = new GramMatrix(means);
  const add = (from: number, to: number) =>
    gram.add(features, GRAM_BLOCK * from, Math.min(rows, GRAM_BLOCK * to));
  await inTurns(Math.ceil(rows / GRAM_BLOCK), (GRAM_BLOCK * width * width) / 2, add, signal);
  return gram;
}

async function rowGramInTurns(features: Float32Array, means: Float64Array): Promise<RowGram> {
  const gram = new RowGram(features, means);
  await inTurns(gram.size, gram.size * means.length, (from, to) => gram.add(from, to));
  return gram;
}

/**
 * The absolute lambda of a setting, and the Cholesky factor of the Gram matrix + lambda I. Throws a SuretyError when
 * lambda does not fit the features. Cost: O(d^3), or O(n^3) for the rows' own, in one piece.
 */
export function factorWith(
  gram: GramMatrix | RowGram,
  setting: ModelSettings['lambda'],
): { factor: Float64Array; lambda: number } {
  const lambda = 'absolute' in setting ? setting.absolute : (setting.relative * gram.trace()) / gram.width;
  if (!(lambda > 0)) {
    throw new SuretyError(
      'no_features',
      'the features are constant, so a relative lambda is 0; give an absolute one',
    );
  }
  if (!Number.isFinite(lambda)) {
    throw new SuretyError('invalid_settings', 'lambda: too large for these features, it overflows');
  }
  const factor = choleskyFactor(gram.values, gram.size, lambda);
  if (factor === null) {
    throw new SuretyError(
      'invalid_settings',
      "lambda: too small for these features, X'X + lambda I is not positive definite",
    );
  }
  return { factor, lambda };
}

import { SuretyError } from '../errors.ts';
import { FeatureMap, featureColumns, fitEncodings, type RawData } from '../features/feature-map.ts';
import { checkFeatureLimits, type Dataset, type DatasetLimits } from '../ingest/dataset.ts';
import { choleskyFactor } from '../ridge/cholesky.ts';
import { columnMeans, GramMatrix } from '../ridge/gram.ts';
import type { Ridge } from '../ridge/ridge.ts';
import type { Derived } from './model.ts';
import type { ModelSettings } from './settings.ts';

/** Multiply-adds, or features encoded, before other work gets a turn of the event loop: some milliseconds. */
const WORK_A_TURN = 4_000_000;

/**
 * Fits the feature map and the ridge classifier to a training set without its labels: nothing that shapes the
 * contributions may depend on them (certificates.md section 0).
 *
 * Gives other requests a turn every few milliseconds, but for the Cholesky factor. Cost: O(n d^2 + d^3).
 */
export async function fitModel(
  dataset: Omit<Dataset, 'labels'>,
  settings: ModelSettings,
  limits: DatasetLimits,
): Promise<Derived> {
  const { data, target, ignored } = dataset;
  const notFeatures = target === null ? ignored : [...ignored, target];
  let map = new FeatureMap(fitEncodings(data, settings.features, notFeatures), null);
  const { randomFourier } = settings.features;
  checkFeatureLimits(data.rows, map.width, limits);
  if (randomFourier !== null) checkFeatureLimits(data.rows, randomFourier.components, limits);
  if (map.width === 0) {
    throw new SuretyError(
      'no_features',
      'every column is constant or ignored, so there is nothing to learn from',
    );
  }
  let features = await encodeAll(map, data, notFeatures);
  if (randomFourier !== null) {
    map = map.withFourier(features, randomFourier);
    features = await encodeAll(map, data, notFeatures);
  }
  const { ridge, lambda } = await fitRidge(features, map.width, data.rows, settings);
  const dropped = map.state.encodings.filter((encoding) => encoding.dropped);
  const warnings = [
    ...dataset.warnings,
    ...dropped.map(({ name }) => `column '${name}' is constant and was dropped`),
  ];
  return { map, ridge, lambda, warnings };
}

async function encodeAll(
  map: FeatureMap,
  data: RawData,
  notFeatures: readonly string[],
): Promise<Float32Array> {
  if (map.isIdentity && data.kind === 'vectors') return data.values;
  const { rows } = data;
  const columns = data.kind === 'table' ? featureColumns(data, notFeatures) : [];
  const features = new Float32Array(rows * map.width);
  const inputs = map.fourier === null ? 1 : map.fourier.frequencies.length / map.fourier.components;
  const turn = Math.max(1, Math.floor(WORK_A_TURN / (map.width * inputs)));
  for (let row = 0; row < rows; row++) {
    if (row % turn === 0) await new Promise(setImmediate);
    map.encodeTraining(data, columns, row, features.subarray(row * map.width, (row + 1) * map.width));
  }
  return features;
}

async function fitRidge(
  features: Float32Array,
  width: number,
  rows: number,
  settings: ModelSettings,
): Promise<{ ridge: Ridge; lambda: number }> {
  const means = settings.centre ? columnMeans(features, width) : new Float64Array(width);
  const gram = await gramInTurns(features, means);
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
  const turn = 4 * Math.max(1, Math.floor(WORK_A_TURN / (4 * width * width)));
  for (let row = 0; row < rows; row += turn) {
    gram.add(features, row, Math.min(rows, row + turn));
    await new Promise(setImmediate);
    signal?.throwIfAborted();
  }
  return gram;
}

/**
 * The absolute lambda of a setting, and the Cholesky factor of X'X + lambda I. Throws a SuretyError when lambda does
 * not fit the features. Cost: O(d^3), in one piece.
 */
export function factorWith(
  gram: GramMatrix,
  setting: ModelSettings['lambda'],
): { factor: Float64Array; lambda: number } {
  const { width } = gram;
  const lambda = 'absolute' in setting ? setting.absolute : (setting.relative * gram.trace()) / width;
  if (!(lambda > 0)) {
    throw new SuretyError(
      'no_features',
      'the features are constant, so a relative lambda is 0; give an absolute one',
    );
  }
  if (!Number.isFinite(lambda)) {
    throw new SuretyError('invalid_settings', 'lambda: too large for these features, it overflows');
  }
  const factor = choleskyFactor(gram.values, width, lambda);
  if (factor === null) {
    throw new SuretyError(
      'invalid_settings',
      "lambda: too small for these features, X'X + lambda I is not positive definite",
    );
  }
  return { factor, lambda };
}

import { SuretyError } from '../errors.ts';
import {
  FeatureMap,
  type FeatureSettings,
  featureColumns,
  fitEncodings,
  type RawData,
} from '../features/feature-map.ts';
import { checkFeatureLimits, type DatasetLimits } from '../ingest/dataset.ts';
import { inTurns } from '../taking-turns.ts';

/**
 * Fits the feature map to the rows and encodes them (n x width). Sees no label. Throws a SuretyError when no
 * feature is left, a value is too large, or the features would be too many. Gives other requests a turn every few
 * milliseconds.
 */
export async function fitFeatures(
  data: RawData,
  settings: FeatureSettings,
  notFeatures: readonly string[],
  limits: DatasetLimits,
): Promise<{ map: FeatureMap; features: Float32Array }> {
  const map = new FeatureMap(fitEncodings(data, settings, notFeatures), null);
  const { randomFourier } = settings;
  checkFeatureLimits(data.rows, map.width, limits);
  if (randomFourier !== null) checkFeatureLimits(data.rows, randomFourier.components, limits);
  if (map.width === 0) {
    throw new SuretyError(
      'no_features',
      'every column is constant or ignored, so there is nothing to learn from',
    );
  }
  const features = await encodeAll(map, data, notFeatures);
  if (randomFourier === null) return { map, features };
  const withFourier = map.withFourier(features, randomFourier);
  return { map: withFourier, features: await encodeAll(withFourier, data, notFeatures) };
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
  await inTurns(rows, map.width * inputs, (from, to) => {
    for (let row = from; row < to; row++) {
      map.encodeTraining(data, columns, row, features.subarray(row * map.width, (row + 1) * map.width));
    }
  });
  return features;
}

import { SuretyError } from '../errors.ts';
import {
  FeatureMap,
  type FeatureSettings,
  featureColumns,
  fitEncodings,
  type RawData,
} from '../features/feature-map.ts';
import { checkFeatureLimits, type DatasetLimits } from '../ingest/dataset.ts';
import { type FeatureRows, piecesOf, wholeRows } from '../kernel/memory/feature-rows.ts';
import { inSteps, inTurns } from '../process/taking-turns.ts';

/** Encoding a row and each of its cells takes as long as so many multiply-adds, besides those of its features. */
const WORK_PER_ROW = 500;
const WORK_PER_CELL = 50;

/** Makes room for features. */
export type MakeRows<Rows extends FeatureRows> = (rows: number, columns: number) => Rows;

/**
 * Fits the feature map to the rows and encodes them (n x width), into what `make` makes. Sees no label. Throws a SuretyError when no
 * feature is left, a value is too large, or the features would be too many. Gives other requests a turn every few
 * milliseconds.
 */
export async function fitFeatures<Rows extends FeatureRows>(
  data: RawData,
  settings: FeatureSettings,
  notFeatures: readonly string[],
  limits: DatasetLimits,
  make: MakeRows<Rows>,
): Promise<{ map: FeatureMap; features: Rows }> {
  const map = new FeatureMap(await inSteps(fitEncodings(data, settings, notFeatures)), null);
  const { randomFourier } = settings;
  checkFeatureLimits(data.rows, map.width, limits);
  if (randomFourier !== null) checkFeatureLimits(data.rows, randomFourier.components, limits);
  if (map.width === 0) {
    throw new SuretyError(
      'no_features',
      'every column is constant or ignored, so there is nothing to learn from',
    );
  }
  if (randomFourier === null) return { map, features: await encodeAll(map, data, notFeatures, make) };
  const inputs = new Float32Array(data.rows * map.width);
  await encodeAll(map, data, notFeatures, () => wholeRows(inputs, map.width));
  const withFourier = await inSteps(map.withFourier(inputs, randomFourier));
  return { map: withFourier, features: await encodeAll(withFourier, data, notFeatures, make) };
}

async function encodeAll<Rows extends FeatureRows>(
  map: FeatureMap,
  data: RawData,
  notFeatures: readonly string[],
  make: MakeRows<Rows>,
): Promise<Rows> {
  const { rows } = data;
  const features = make(rows, map.width);
  if (map.isIdentity && data.kind === 'vectors') {
    const { values } = data;
    await inTurns(rows, map.width, (from, to) => {
      for (const { first, features: own } of piecesOf(features, from, to)) {
        own.set(values.subarray(first * map.width, first * map.width + own.length));
      }
    });
    return features;
  }
  const columns = data.kind === 'table' ? featureColumns(data, notFeatures) : [];
  const inputs = map.fourier === null ? 1 : map.fourier.frequencies.length / map.fourier.components;
  await inTurns(
    rows,
    WORK_PER_ROW + WORK_PER_CELL * map.state.encodings.length + map.width * inputs,
    (from, to) => {
      for (let row = from; row < to; row++) {
        for (const { features: own } of piecesOf(features, row, row + 1))
          map.encodeTraining(data, columns, row, own);
      }
    },
  );
  return features;
}

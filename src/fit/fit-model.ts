import { type Dataset, type DatasetLimits, notFeaturesOf } from '../ingest/dataset.ts';
import { SharedRows } from '../kernel/memory/shared-rows.ts';
import type { Derived } from '../model/model.ts';
import type { ModelSettings } from '../model/settings.ts';
import type { Workers } from '../workers/workers.ts';
import { fitEnsemble } from './fit-ensemble.ts';
import { fitFeatures } from './fit-features.ts';
import { fitRidge } from './fit-ridge.ts';

/**
 * Certificates speak of changes to the model's classes. Where these are what the labels happened to be, a label that somebody
 * had spelled otherwise would have made another class, and another model.
 */
const CLASSES_NOT_DECLARED =
  'classes_not_declared: the classes are those of the labels, and certificates speak of changes to any of these classes; a label changed into a new one would have made another class. List them in classes, and it is refused';

/**
 * Fits the feature map, the ridge classifier and, where the rows are dealt to `partitions` (row numbers, from
 * `dealRows`), the ensemble to a training set without its labels: nothing that shapes the contributions may
 * depend on them (certificates.md section 0).
 *
 * Encodes in the main thread, a few milliseconds at a time, and leaves the rest to the threads. Throws a SuretyError when the
 * settings do not fit the data. Cost: O(n d^2 + d^3).
 */
export async function fitModel(
  dataset: Omit<Dataset, 'labels'>,
  settings: ModelSettings,
  partitions: readonly Int32Array[] | null,
  limits: DatasetLimits,
  workers: Workers,
): Promise<Derived> {
  const { data } = dataset;
  const notFeatures = notFeaturesOf(dataset);
  const { map, features } = await fitFeatures(data, settings.features, notFeatures, limits, (rows, columns) =>
    SharedRows.make(rows, columns, workers.slots),
  );
  const { ridge, lambda } = await fitRidge(features, settings, workers);
  const encoded = { data, notFeatures, map, features };
  const ensemble = partitions && (await fitEnsemble(encoded, settings, partitions, limits, workers));
  const dropped = map.state.encodings.filter((encoding) => encoding.dropped);
  const warnings = [
    ...(dataset.declared.classes ? [] : [CLASSES_NOT_DECLARED]),
    ...dataset.warnings,
    ...dropped.map(({ name }) => `column '${name}' is constant and was dropped`),
  ];
  return { map, ridge, lambda, ensemble, warnings };
}

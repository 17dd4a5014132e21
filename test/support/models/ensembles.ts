import { SuretyError } from '../../../src/errors.ts';
import { dealRows } from '../../../src/fit/deal-rows.ts';
import { fitModel } from '../../../src/fit/fit-model.ts';
import type { Dataset } from '../../../src/ingest/dataset.ts';
import { contentOf } from '../../../src/model/content.ts';
import type { Model } from '../../../src/model/model.ts';
import { assembleSource, derivedParts, memoriesOf } from '../../../src/model/model-parts.ts';
import { openModel } from '../../../src/model/open-model.ts';
import { MAIN_THREAD } from '../../../src/workers/main-thread.ts';
import { certified } from './registry.ts';
import { completeFrom, LIMITS, type PartialSettings } from './settings.ts';
import { whole } from './steps.ts';
import { WORKERS } from './workers.ts';

/** Trains a model as a registration does, without a store. */
export async function trained(dataset: Dataset, partial: PartialSettings): Promise<Model> {
  const { labels, ...unlabelled } = dataset;
  const settings = completeFrom(partial, labels.classes, dataset.data.kind);
  const { manifest, digest, parts } = whole(contentOf(dataset, settings));
  const partitions = settings.partitions && (await dealRows(dataset, settings.partitions));
  const derived = await fitModel(unlabelled, settings, partitions, LIMITS, WORKERS);
  const stored = { name: 'm', version: 1, digest, createdAt: '2026-11-24T12:00:00.000Z' };
  const all = new Map([...parts, ...whole(derivedParts(derived))]);
  return openModel(assembleSource(stored, memoriesOf(manifest, derived), all), MAIN_THREAD);
}

/** As `trained`; null where the training set is refused. */
export async function trainedOrRefused(
  dataset: Promise<Dataset>,
  settings: PartialSettings,
): Promise<Model | null> {
  try {
    return await trained(await dataset, settings);
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    return null;
  }
}

/** The ensemble's predictions. */
export async function votedOn(model: Model, instances: readonly unknown[]): Promise<(string | null)[]> {
  return (await certified(model, instances, { method: 'partition' })).map(({ prediction }) => prediction);
}

/** The choices of at most `most` of the items, the empty one first. */
export function* choices<T>(items: readonly T[], most: number, from = 0): Generator<T[]> {
  yield [];
  if (most === 0) return;
  for (let at = from; at < items.length; at++) {
    for (const rest of choices(items, most - 1, at + 1)) yield [items[at]!, ...rest];
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { settingsSchema } from '../schemas/settings.ts';
import { readConfig } from '../src/config/config.ts';
import type { TestSet } from '../src/evaluate/test-set.ts';
import type { Dataset } from '../src/ingest/dataset.ts';
import { datasetFromRecords } from '../src/ingest/json.ts';
import type { Model } from '../src/model/model.ts';
import { ModelRegistry } from '../src/registry/registry.ts';
import { openSqlite } from '../src/store/sqlite/open-sqlite.ts';
import { Workers } from '../src/workers/workers.ts';
import type { Images, SplitTable } from './data.ts';

const config = readConfig({});
const LIMITS = {
  ...{ rows: config.maxRows, features: config.maxFeatures, cells: config.maxCells },
  ...{ versions: config.maxModels, bytes: config.maxModelBytes },
};

/** Settings as a request gives them. */
export type Settings = z.input<typeof settingsSchema>;

/** A registry on the store in a folder, with its models loaded, which took so many seconds. */
export async function openRegistry(folder: string) {
  const { workers: count, maxQueued } = readConfig({});
  const began = performance.now();
  const store = openSqlite(folder);
  const workers = new Workers(count, maxQueued);
  const registry = new ModelRegistry(store.models, LIMITS, workers);
  await store.migrate();
  await registry.load();
  const seconds = (performance.now() - began) / 1000;
  const register = async (name: string, dataset: Dataset, settings: Settings): Promise<Model> =>
    (await registry.register({ name, dataset, settings: settingsSchema.parse(settings) })).model;
  const close = async () => {
    registry.close();
    await workers.close();
    await store.close();
  };
  return { register, workers, seconds, close };
}

/** A registry on a temporary store, which goes when `close` is called. */
export async function temporaryRegistry() {
  const folder = mkdtempSync(join(tmpdir(), 'surety-bench-'));
  const { register, workers, close } = await openRegistry(folder);
  const closeAll = async () => {
    await close();
    rmSync(folder, { recursive: true });
  };
  return { register, workers, close: closeAll };
}

/** The training images as a registration would send them. */
export function imagesDataset(
  { training, trainingLabels, width }: Images,
  classes: readonly string[],
): Dataset {
  const data = { kind: 'vectors', rows: trainingLabels.length, width, values: training } as const;
  const labels = { classes, codes: trainingLabels };
  const declared = { columnTypes: [], classes: true };
  return { data, labels, target: null, ignored: [], declared, warnings: [] };
}

/** Every `step`-th test image as an instance, with the name of its class. */
export function imagesTestSet(
  { test, testLabels, width }: Images,
  classes: readonly string[],
  step = 1,
): TestSet {
  const asked = Array.from(testLabels.keys()).filter((row) => row % step === 0);
  return {
    instances: asked.map((row) => Array.from(test.subarray(row * width, (row + 1) * width))),
    labels: asked.map((row) => classes[testLabels[row]!]!),
  };
}

/** The training rows of a table, the type of each column and the classes declared. */
export function tableDataset({ training, target }: SplitTable): Promise<Dataset> {
  const [first] = training;
  const features = Object.entries(first!).filter(([name]) => name !== target);
  const columnTypes = Object.fromEntries(
    features.map(([name, value]) => [name, typeof value === 'number' ? 'number' : 'category'] as const),
  );
  const classes = [...new Set(training.map((record) => String(record[target])))].sort();
  return datasetFromRecords(training, { target, columnTypes, classes }, LIMITS);
}

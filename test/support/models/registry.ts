import type { Dataset } from '../../../src/ingest/dataset.ts';
import { datasetFromFeatures, datasetFromRows } from '../../../src/ingest/json.ts';
import type { TableOptions } from '../../../src/ingest/table-builder.ts';
import type { Model } from '../../../src/model/model.ts';
import type { ModelEvents } from '../../../src/registry/follower.ts';
import { ModelRegistry, type Registration, type RegistryLimits } from '../../../src/registry/registry.ts';
import type { ModelStore } from '../../../src/store/model-store.ts';
import type { Certified, Refused } from '../../../src/verdict/certified-prediction.ts';
import type { CertifyOptions } from '../../../src/verdict/certifier.ts';
import { sqliteDatabase } from '../stores/databases.ts';
import { LIMITS, type PartialSettings, settingsFrom } from './settings.ts';
import { columnNames, type PlainTable, rowsOf, TARGET } from './tables.ts';
import { WORKERS } from './workers.ts';

/** A registry on a store, all of its models loaded. */
export async function openRegistry(
  store?: ModelStore,
  limits: RegistryLimits = LIMITS,
  events: Partial<ModelEvents> = {},
): Promise<ModelRegistry> {
  const registry = new ModelRegistry(store ?? (await sqliteDatabase().open()), limits, WORKERS, events);
  await registry.load();
  return registry;
}

export function datasetOf(table: PlainTable, options: Partial<TableOptions> = {}): Promise<Dataset> {
  return datasetFromRows(columnNames(table), rowsOf(table), { target: TARGET, ...options }, LIMITS);
}

export const vectorsOf = (features: number[][], labels: unknown[], classes?: string[]): Promise<Dataset> =>
  datasetFromFeatures(features, labels, classes, LIMITS);

export async function registrationOf(
  name: string,
  dataset: Dataset | Promise<Dataset>,
  settings: PartialSettings = {},
): Promise<Registration> {
  return { name, dataset: await dataset, settings: settingsFrom(settings) };
}

/** Registers and gives the model. */
export async function register(
  registry: ModelRegistry,
  name: string,
  dataset: Dataset | Promise<Dataset>,
  settings: PartialSettings = {},
): Promise<Model> {
  return (await registry.register(await registrationOf(name, dataset, settings))).model;
}

/** A one-column training set of so many rows; another content for another seed. */
export function tinyDataset(seed: number, rows = 6): Promise<Dataset> {
  const features = Array.from({ length: rows }, (_, row) => [row === 0 ? seed : row * row]);
  return vectorsOf(
    features,
    features.map((_, row) => (row % 2 === 0 ? 'a' : 'b')),
  );
}

export function certify(
  model: Model,
  instances: readonly unknown[],
  options: Partial<CertifyOptions> = {},
): Promise<(Certified | Refused)[]> {
  return WORKERS.certify(model, instances, { method: 'exact', ...options }, new AbortController().signal);
}

/** The certified results; fails when there is a refused one. */
export async function certified(
  model: Model,
  instances: readonly unknown[],
  options: Partial<CertifyOptions> = {},
): Promise<Certified[]> {
  return (await certify(model, instances, options)).map((result) => {
    if ('error' in result) throw new Error(`refused: ${result.error.detail}`);
    return result;
  });
}

/** What a registry has in memory, as `m1`. */
export function versionsIn(registry: ModelRegistry): string[] {
  return registry.list().map(({ name, version }) => `${name}${version}`);
}

/** Every number in a JSON value with its bits, for comparisons that tell 0 from -0 and miss no last digit. */
export function bitsIn(value: unknown): string {
  return JSON.stringify(value, (_, member) =>
    typeof member === 'number' ? Buffer.from(Float64Array.of(member).buffer).toString('hex') : member,
  );
}

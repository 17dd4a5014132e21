import { SuretyError } from '../errors.ts';
import type { RawColumn } from '../features/column.ts';
import type { Dataset, DatasetLimits } from '../ingest/dataset.ts';
import { DamagedModelError, type ModelStore, type StoredVersion } from '../store/model-store.ts';
import { contentOf } from './content.ts';
import { dealRows } from './deal-rows.ts';
import { fitModel } from './fit-model.ts';
import { assembleSource, derivedParts, memoriesOf, StoredMemories, sourceFromParts } from './model-parts.ts';
import { RawColumns } from './raw-columns.ts';
import { type ServedModel, serveModel } from './served-model.ts';
import {
  checkPartitions,
  checkWeights,
  completeSettings,
  decisionRule,
  type RequestedSettings,
} from './settings.ts';
import type { Threads } from './threads/threads.ts';

export interface Registration {
  readonly name: string;
  readonly dataset: Dataset;
  readonly settings: RequestedSettings;
}

/** A stored version that could not be loaded. */
export interface Damage {
  readonly name: string;
  readonly version: number;
  readonly reason: string;
}

type Entry = { readonly model: ServedModel } | { readonly damage: string } | { readonly loading: true };

/**
 * All models of the service: in memory to serve, in the store to stay. Versions are immutable; the latest
 * serves unless another is asked for, and a damaged latest version is never silently replaced by an older
 * one.
 */
export class ModelRegistry {
  readonly #store: ModelStore;
  readonly #limits: DatasetLimits;
  readonly #threads: Threads;
  readonly #rawColumns: RawColumns;
  /** By name, then by version in ascending order. */
  readonly #entries = new Map<string, Map<number, Entry>>();
  #listed = false;

  /** `threads` fit and certify; they are closed with the registry. */
  constructor(store: ModelStore, limits: DatasetLimits, threads: Threads) {
    this.#store = store;
    this.#threads = threads;
    this.#limits = limits;
    this.#rawColumns = new RawColumns(store);
  }

  /** Loads every model in the store; a damaged one is left out and reported by `damaged`. */
  async load(): Promise<void> {
    const versions = await this.#store.list();
    for (const { name, version } of versions) this.#put(name, version, { loading: true });
    this.#listed = true;
    for (const stored of versions) await this.#loadVersion(stored);
  }

  /** Stored versions that are not loaded yet; undefined before the store has answered. */
  get loading(): number | undefined {
    return this.#listed ? this.#all().filter(({ entry }) => 'loading' in entry).length : undefined;
  }

  get damaged(): Damage[] {
    return this.#all().flatMap(({ name, version, entry }) =>
      'damage' in entry ? { name, version, reason: entry.damage } : [],
    );
  }

  /** Every loaded version, by name and version. */
  list(): ServedModel[] {
    return this.#all().flatMap(({ entry }) => ('model' in entry ? entry.model : []));
  }

  /** The loaded versions of one name. Throws a SuretyError when there is no such name. */
  versions(name: string): ServedModel[] {
    const loaded = this.list().filter((model) => model.name === name);
    return loaded.length > 0 ? loaded : [this.get(name)]; // which says why there is none
  }

  /**
   * One version, by default the latest. Throws a SuretyError when it is unknown, not loaded yet, or damaged.
   */
  get(name: string, version = this.#latest(name)): ServedModel {
    this.#latest(name);
    const entry = this.#entries.get(name)!.get(version);
    if (entry === undefined) throw noVersion({ name, version });
    if ('model' in entry) return entry.model;
    if ('loading' in entry)
      throw new SuretyError('not_ready', `model '${name}' version ${version} is being loaded`);
    throw damaged({ name, version });
  }

  /**
   * Fits and stores a model, then serves it. When the name already has a version with the same content, that
   * version is returned and `created` is false. After this has resolved, the model survives a crash.
   */
  async register({
    name,
    dataset,
    settings,
  }: Registration): Promise<{ model: ServedModel; created: boolean }> {
    if (this.loading !== 0) throw new SuretyError('not_ready', 'models are still being loaded');
    const { classes } = dataset.labels;
    const complete = completeSettings(settings, classes, dataset.data.kind);
    decisionRule(complete, classes);
    checkWeights(complete.weights, dataset.data.rows);
    checkPartitions(complete.partitions, dataset);
    const content = contentOf(dataset, complete);
    const same = this.#withDigest(name, content.digest);
    if (same !== undefined) return { model: same, created: false };
    const { labels, ...unlabelled } = dataset;
    const partitions = complete.partitions && (await dealRows(dataset, complete.partitions));
    const derived = await fitModel(unlabelled, complete, partitions, this.#limits, this.#threads);
    const parts = new Map([...content.parts, ...derivedParts(derived)]);
    const createdAt = new Date().toISOString();
    const stored = await this.#store
      .insert(
        { name, digest: content.digest, createdAt, parts },
        (version) => !this.#isDamaged(name, version),
      )
      .catch((cause: unknown) => {
        throw new SuretyError('store_failed', 'the store did not take the model; nothing was registered', {
          cause,
        });
      });
    const served = this.#entries.get(name)?.get(stored.version);
    if (served !== undefined && 'model' in served) return { model: served.model, created: false };
    const { created, ...version } = stored;
    const source = assembleSource(version, memoriesOf(content.manifest, derived), parts);
    const model = serveModel(source, this.#threads);
    this.#put(name, stored.version, { model });
    return { model, created };
  }

  /**
   * Raw columns of a model's table, ignored ones too, as they were registered; from the store the first time.
   * Throws a SuretyError when the model has been deleted meanwhile, or its stored table is damaged.
   */
  async rawColumns(model: ServedModel, names: readonly string[]): Promise<ReadonlyMap<string, RawColumn>> {
    try {
      return await this.#rawColumns.get(model, names);
    } catch (cause) {
      if (!(cause instanceof DamagedModelError)) throw cause;
      throw (await this.#isStored(model)) ? damaged(model, cause) : noVersion(model);
    }
  }

  /** Deletes one version, or all versions of a name, from the store and from memory. */
  async delete(name: string, version?: number): Promise<void> {
    this.#latest(name);
    const versions = this.#entries.get(name)!;
    if (version !== undefined && !versions.has(version)) throw noVersion({ name, version });
    await this.#store.delete(name, version).catch((cause: unknown) => {
      throw new SuretyError('store_failed', 'the store did not delete the model; nothing was deleted', {
        cause,
      });
    });
    for (const [number, entry] of versions) {
      if (version !== undefined && number !== version) continue;
      versions.delete(number);
      if ('model' in entry) this.#letGo(entry.model);
    }
    if (versions.size === 0) this.#entries.delete(name);
  }

  close(): Promise<void> {
    return this.#threads.close();
  }

  #letGo(model: ServedModel): void {
    const { features } = model.ridge;
    this.#threads.forget(model);
    for (const { memory } of features.handle.memories) this.#threads.letGo(memory.buffer.byteLength);
  }

  async #loadVersion(stored: StoredVersion): Promise<void> {
    const { name, version } = stored;
    try {
      const [manifest, state] = [
        await this.#store.readPart(name, version, 'manifest'),
        await this.#store.readPart(name, version, 'state'),
      ];
      const memories = new StoredMemories(stored.digest, manifest, state, this.#threads.slots);
      const parts = await this.#store.read(name, version, memories.allocate);
      const model = serveModel(sourceFromParts(stored, parts, memories), this.#threads);
      this.#replaceLoading(name, version, { model });
    } catch (error) {
      // Whatever keeps one model from loading is reported, and the others serve.
      const reason = error instanceof DamagedModelError ? error.message : 'its stored parts cannot be read';
      this.#replaceLoading(name, version, { damage: reason });
    }
  }

  #latest(name: string): number {
    let latest = 0;
    for (const version of this.#entries.get(name)?.keys() ?? []) latest = Math.max(latest, version);
    if (latest > 0) return latest;
    if (!this.#listed) throw new SuretyError('not_ready', 'models are still being loaded');
    throw new SuretyError('model_not_found', `there is no model '${name}'`);
  }

  #withDigest(name: string, digest: string): ServedModel | undefined {
    return this.list().find((model) => model.name === name && model.digest === digest);
  }

  #isDamaged(name: string, version: number): boolean {
    const entry = this.#entries.get(name)?.get(version);
    return entry !== undefined && 'damage' in entry;
  }

  async #isStored({ name, version }: ServedModel): Promise<boolean> {
    const stored = await this.#store.list();
    return stored.some((one) => one.name === name && one.version === version);
  }

  #all(): { name: string; version: number; entry: Entry }[] {
    return [...this.#entries].flatMap(([name, versions]) =>
      [...versions].map(([version, entry]) => ({ name, version, entry })),
    );
  }

  /** A version that was deleted while it was being loaded stays deleted. */
  #replaceLoading(name: string, version: number, entry: Entry): void {
    if (this.#entries.get(name)?.has(version)) this.#put(name, version, entry);
  }

  #put(name: string, version: number, entry: Entry): void {
    const versions = this.#entries.get(name) ?? new Map<number, Entry>();
    versions.set(version, entry);
    this.#entries.set(name, versions);
  }
}

type VersionKey = Pick<StoredVersion, 'name' | 'version'>;

function noVersion({ name, version }: VersionKey): SuretyError {
  return new SuretyError('version_not_found', `model '${name}' has no version ${version}`);
}

function damaged({ name, version }: VersionKey, cause?: unknown): SuretyError {
  const detail = `model '${name}' version ${version} failed its integrity check`;
  return new SuretyError('model_damaged', detail, { cause });
}

import { SuretyError } from '../errors.ts';
import type { RawColumn } from '../features/column.ts';
import { dealRows } from '../fit/deal-rows.ts';
import { fitModel } from '../fit/fit-model.ts';
import type { Dataset, DatasetLimits } from '../ingest/dataset.ts';
import { contentOf } from '../model/content.ts';
import { bytesOf, type Derived, type Model } from '../model/model.ts';
import { assembleSource, derivedParts, memoriesOf } from '../model/model-parts.ts';
import { openModel } from '../model/open-model.ts';
import {
  checkPartitions,
  checkWeights,
  completeSettings,
  decisionRule,
  type RequestedSettings,
} from '../model/settings.ts';
import type { NamedThreats } from '../model/threat.ts';
import { inSteps } from '../process/taking-turns.ts';
import {
  DamagedModelError,
  type ModelStore,
  type NewModel,
  type StoredVersion,
} from '../store/model-store.ts';
import { storeFailed } from '../store/store-failed.ts';
import { checkNamedThreats } from '../threat/check-threat.ts';
import { MAIN_THREAD } from '../workers/main-thread.ts';
import type { Workers } from '../workers/workers.ts';
import { digestOf, Entries } from './entries.ts';
import { type Damage, Follower, type ModelEvents } from './follower.ts';
import { isStored } from './load-stored.ts';
import { RawColumns } from './raw-columns.ts';

/** What may be registered, and how much may be held. */
export interface RegistryLimits extends DatasetLimits {
  /** Model versions, of all names together. */
  readonly versions: number;
  /** Of the memory that models take, all together. */
  readonly bytes: number;
}

/** What is served may be out of date. */
export const STALE =
  'nothing was heard from the store for longer than SURETY_MAX_STALENESS: what other replicas have registered or deleted is not known';

export interface Registration {
  readonly name: string;
  readonly dataset: Dataset;
  readonly settings: RequestedSettings;
  readonly threats?: NamedThreats | undefined;
}

/**
 * All models of the service: in memory to serve, in the store to stay. Versions are immutable; the latest
 * serves unless another is asked for, and a damaged latest version is never silently replaced by an older
 * one.
 */
export class ModelRegistry {
  readonly #store: ModelStore;
  readonly #limits: RegistryLimits;
  readonly #workers: Workers;
  readonly #rawColumns: RawColumns;
  readonly #entries = new Entries((model) => this.#letGo(model));
  readonly #follower: Follower;
  readonly #isStale: () => boolean;
  /** What this process is about to store. */
  readonly #registering = new Set<{ readonly name: string; readonly digest: string }>();

  /** `workers` fit, and are told when a model is no longer served. While `isStale`, no model is given out. */
  constructor(
    store: ModelStore,
    limits: RegistryLimits,
    workers: Workers,
    events: Partial<ModelEvents> = {},
    isStale = () => false,
  ) {
    this.#isStale = isStale;
    this.#store = store;
    this.#workers = workers;
    this.#limits = limits;
    this.#rawColumns = new RawColumns(store);
    const isOwn = ({ name, digest }: StoredVersion) =>
      [...this.#registering].some((one) => one.name === name && one.digest === digest);
    this.#follower = new Follower({ store, workers, events, isOwn, entries: this.#entries });
  }

  /**
   * Loads every model in the store, and waits for a store that does not answer. A damaged one is left out and reported by
   * `damaged`.
   */
  load(): Promise<void> {
    return this.#follower.load();
  }

  /**
   * Brings memory in line with a store that other processes have changed: loads what is new, drops what is gone. While a new
   * version is being loaded the one before it goes on serving as the latest.
   */
  refresh(): Promise<void> {
    return this.#follower.refresh();
  }

  /** Stored versions that the start has not come to yet; undefined before the store has answered. */
  get loading(): number | undefined {
    if (!this.#follower.listed) return undefined;
    return this.#entries.all().filter(({ entry }) => 'loading' in entry && !entry.arriving && !entry.unread)
      .length;
  }

  /** Stored versions that could not be read, though the store answers, and are tried again from time to time. */
  get unread(): number {
    return this.#entries.unread;
  }

  get damaged(): Damage[] {
    return this.#entries
      .all()
      .flatMap(({ name, version, entry }) =>
        'damage' in entry ? { name, version, reason: entry.damage } : [],
      );
  }

  /** Whether the store was silent for too long, and models are not given out. */
  get stale(): boolean {
    return this.#isStale();
  }

  /** Every loaded version, by name and version. */
  list(): Model[] {
    return this.#entries.all().flatMap(({ entry }) => ('model' in entry ? entry.model : []));
  }

  /** The loaded versions of one name. Throws a SuretyError when there is no such name. */
  versions(name: string): Model[] {
    if (this.stale) throw new SuretyError('not_ready', STALE);
    const loaded = this.list().filter((model) => model.name === name);
    return loaded.length > 0 ? loaded : [this.get(name)]; // which says why there is none
  }

  /**
   * One version, by default the latest. Throws a SuretyError when it is unknown, not loaded yet, or damaged.
   */
  get(name: string, version = this.#latest(name)): Model {
    if (this.stale) throw new SuretyError('not_ready', STALE);
    this.#latest(name);
    const entry = this.#entries.get(name, version);
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
    threats,
  }: Registration): Promise<{ model: Model; created: boolean }> {
    if (this.loading !== 0) throw new SuretyError('not_ready', 'models are still being loaded');
    const { classes } = dataset.labels;
    const complete = completeSettings(settings, classes, dataset.data.kind);
    decisionRule(complete, classes);
    checkWeights(complete.weights, dataset.data.rows);
    checkPartitions(complete.partitions, dataset);
    const content = await inSteps(contentOf(dataset, complete, threats));
    if (threats !== undefined) await inSteps(checkNamedThreats(threats, content.manifest));
    const same = await this.#stillStored(name, content.digest);
    if (same !== undefined) return { model: same, created: false };
    this.#checkRoom();
    const { labels, ...unlabelled } = dataset;
    const partitions = complete.partitions && (await dealRows(dataset, complete.partitions));
    const derived = await fitModel(unlabelled, complete, partitions, this.#limits, this.#workers);
    this.#checkMemory(derived);
    const parts = new Map([...content.parts, ...(await inSteps(derivedParts(derived)))]);
    const own = { name, digest: content.digest };
    this.#registering.add(own);
    let model: Model | undefined;
    try {
      const { created, ...stored } = await this.#insert({
        ...own,
        createdAt: new Date().toISOString(),
        parts,
      });
      const served = this.#entries.get(name, stored.version);
      if (served !== undefined && digestOf(served) === own.digest && 'model' in served)
        return { model: served.model, created };
      this.#entries.drop(name, stored.version); // still to be loaded, or what the number stood for before
      const source = assembleSource(stored, memoriesOf(content.manifest, derived), parts);
      model = openModel(source, MAIN_THREAD);
      this.#entries.put(name, stored.version, { model });
      return { model, created };
    } finally {
      this.#registering.delete(own);
      if (model === undefined) this.#letGoFitted(derived);
    }
  }

  /**
   * Raw columns of a model's table, ignored ones too, as they were registered; from the store the first time.
   * Throws a SuretyError when the model has been deleted meanwhile, its stored table is damaged, or cannot be read now.
   */
  async rawColumns(model: Model, names: readonly string[]): Promise<ReadonlyMap<string, RawColumn>> {
    try {
      return await this.#rawColumns.get(model, names).catch(async (cause: unknown) => {
        if (!(cause instanceof DamagedModelError)) throw cause;
        throw (await isStored(this.#store, model)) ? damaged(model, cause) : noVersion(model);
      });
    } catch (cause) {
      if (cause instanceof SuretyError) throw cause;
      const detail = 'the columns that the threat speaks of cannot be read from the store now; try again';
      throw new SuretyError('store_failed', detail, { cause });
    }
  }

  /** Deletes one version, or all versions of a name, from the store and from memory. */
  async delete(name: string, version?: number): Promise<void> {
    this.#latest(name);
    const known = this.#entries.of(name).map((one) => one.version);
    if (version !== undefined && !known.includes(version)) throw noVersion({ name, version });
    const deleted = await this.#store.delete(name, version).catch((cause: unknown) => {
      throw storeFailed('delete', cause);
    });
    // and not what was registered since
    for (const one of version === undefined ? [...known, ...deleted] : [version])
      this.#entries.drop(name, one);
  }

  /** Follows the store no longer. */
  close(): void {
    this.#follower.close();
  }

  /** Memories that threads share take address space, of which there is an end: it is told before it comes. */
  #checkRoom(): void {
    const held = this.#entries.all().length + this.#registering.size;
    if (held < this.#limits.versions) return;
    throw new SuretyError(
      'too_many_models',
      `the service holds ${held} model versions, at most ${this.#limits.versions} may be (SURETY_MAX_MODELS); delete some`,
    );
  }

  /** Throws a SuretyError, and lets go of what was fitted, where there is no room for it. */
  #checkMemory(derived: Derived): void {
    const { features, shared } = derived.ridge;
    const own = [...features.shards, shared.packed].reduce((sum, { byteLength }) => sum + byteLength, 0);
    const held = this.list().reduce((sum, model) => sum + bytesOf(model), 0);
    if (held + own <= this.#limits.bytes) return;
    this.#letGoFitted(derived);
    throw new SuretyError(
      'too_many_models',
      `the model would take ${own} bytes, and those that are there take ${held}; at most ${this.#limits.bytes} may be taken (SURETY_MAX_MODEL_BYTES); delete some`,
    );
  }

  /** The version with this content that is in memory, if the store still has it: another process may have deleted it. */
  async #stillStored(name: string, digest: string): Promise<Model | undefined> {
    const served = this.list().find((model) => model.name === name && model.digest === digest);
    if (served === undefined) return undefined;
    const stored = await isStored(this.#store, served).catch((cause: unknown) => {
      throw storeFailed('register', cause);
    });
    if (stored) return served;
    this.#entries.drop(name, served.version);
    return undefined;
  }

  #insert(model: NewModel): ReturnType<ModelStore['insert']> {
    const isUsable = (version: number) => !this.#isDamaged(model.name, version, model.digest);
    return this.#store.insert(model, isUsable).catch((cause: unknown) => {
      throw storeFailed('register', cause);
    });
  }

  #letGo(model: Model): void {
    this.#workers.forget(model);
    for (const { memory } of model.ridge.features.handle.memories)
      this.#workers.letGo(memory.buffer.byteLength);
  }

  /** Of what was fitted and is not served, which no other thread has any more. */
  #letGoFitted({ ridge: { features, shared } }: Derived): void {
    for (const { memory } of [...features.handle.memories, shared.handle.memory])
      this.#workers.letGo(memory.buffer.byteLength);
  }

  #latest(name: string): number {
    const latest = this.#entries.latest(name);
    if (latest > 0) return latest;
    if (!this.#follower.listed) throw new SuretyError('not_ready', 'models are still being loaded');
    throw new SuretyError(
      'model_not_found',
      `there is no model '${name}'; GET /models lists those that are there, POST /models registers one`,
    );
  }

  #isDamaged(name: string, version: number, digest: string): boolean {
    const entry = this.#entries.get(name, version);
    return entry !== undefined && 'damage' in entry && entry.digest === digest;
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

import type { ModelStore, StoredVersion } from '../store/model-store.ts';
import { retryUntilAvailable } from '../store/retry-until-available.ts';
import { StoreUnavailableError } from '../store/store.ts';
import type { Workers } from '../workers/workers.ts';
import { digestOf, type Entries, type Entry, type Loading } from './entries.ts';
import { damageOf, loadStored } from './load-stored.ts';
import { OneAtATime } from './one-at-a-time.ts';

/** Until a version that could not be read is tried again. */
const RETRY_MS = 2000;

/** A stored version that could not be loaded. */
export interface Damage {
  readonly name: string;
  readonly version: number;
  readonly reason: string;
}

/** What an operator wants to know of, and nobody waits for. */
export interface ModelEvents {
  readonly damaged: (damage: Damage) => void;
  /** Registered by another process and loaded from now on. */
  readonly arrived: (version: StoredVersion) => void;
  /** Deleted by another process, or no longer what its number stands for. */
  readonly gone: (version: Pick<StoredVersion, 'name' | 'version'>) => void;
  /** The store could not be followed, or a version of it read, though it answers; told once until all is well again. */
  readonly lost: (error: unknown) => void;
}

/** What a follower needs of its registry. */
export interface Followed {
  readonly store: ModelStore;
  readonly entries: Entries;
  readonly workers: Workers;
  readonly events: Partial<ModelEvents>;
  /** Whether this process is about to store this version itself, and puts it among the entries then. */
  readonly isOwn: (version: StoredVersion) => boolean;
}

/** Keeps the entries of a registry what the store has, which other processes change too. */
export class Follower {
  readonly #followed: Followed;
  readonly #closing = new AbortController();
  readonly #comparing = new OneAtATime(() => this.#compare());
  readonly #loading = new OneAtATime(() => this.#loadAll());
  #listed = false;
  #started = false;
  #lost = false;
  /** Runs while versions that could not be read are not tried again yet. */
  #retry: NodeJS.Timeout | undefined;

  constructor(followed: Followed) {
    this.#followed = followed;
  }

  /** Whether the store has said which versions there are. */
  get listed(): boolean {
    return this.#listed;
  }

  /**
   * Loads all that the store has, one version after the other; waits for a store that does not answer, not for a version that
   * cannot be read though it does.
   */
  async load(): Promise<void> {
    const { signal } = this.#closing;
    await retryUntilAvailable(() => this.#follow(), signal);
    this.#started = true;
  }

  /**
   * Drops what is gone from the store, then loads what is new, one version after the other; what is new while `load` runs,
   * `load` waits for too. Never rejects: before `load` has listed, and while the store does not answer, it changes nothing, and
   * whoever calls then calls again.
   */
  async refresh(): Promise<void> {
    if (!this.#listed || this.#closing.signal.aborted) return;
    try {
      await this.#follow();
      this.#lost &&= this.#followed.entries.unread > 0;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) this.#tellLost(error);
    }
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#retry);
  }

  #tellLost(error: unknown): void {
    if (this.#lost || this.#closing.signal.aborted) return;
    this.#lost = true;
    this.#followed.events.lost?.(error);
  }

  /** The list is short, and goes on being compared while something large is loaded. */
  async #follow(): Promise<void> {
    await this.#comparing.run();
    await this.#loading.run();
  }

  /**
   * Brings the entries in line with the store's list. What is new is only noted, to be loaded. A number may have got another
   * content: a database that was restored, or failed over to a copy that was behind, gives numbers a second time.
   */
  async #compare(): Promise<void> {
    const { store, entries, events, isOwn } = this.#followed;
    const before = entries.all(); // what is put there while the store lists may be too new for its list
    const listed = await store.list();
    const there = new Set(listed.map(keyOf));
    const known = new Set<string>(); // and no longer an entry: deleted while the store listed
    for (const { name, version, entry } of before) {
      const key = keyOf({ name, version, digest: digestOf(entry) });
      known.add(key);
      if (there.has(key) || entries.get(name, version) !== entry) continue;
      entries.drop(name, version);
      events.gone?.({ name, version });
    }
    for (const stored of listed) {
      const { name, version } = stored;
      if (entries.get(name, version) !== undefined || known.has(keyOf(stored)) || isOwn(stored)) continue;
      entries.put(name, version, { loading: stored, arriving: this.#started });
    }
    this.#listed = true;
  }

  /** Loads every version that waits for it, and tries those again that could not be read when it is time. */
  async #loadAll(): Promise<void> {
    const again = this.#retry === undefined;
    for (const { entry } of this.#followed.entries.all()) {
      if (this.#closing.signal.aborted) return;
      if ('loading' in entry && (again || !entry.unread)) await this.#loadOne(entry);
    }
  }

  async #loadOne(entry: Loading): Promise<void> {
    const { entries, events } = this.#followed;
    const { name, version } = entry.loading;
    if (entries.get(name, version) !== entry) return; // deleted, or registered here, while it waited
    const loaded = await this.#entryOf(entry.loading).catch((cause) => this.#unread(entry, cause));
    if (!entries.replace(name, version, entry, loaded) || loaded === null) return;
    if ('damage' in loaded) events.damaged?.({ name, version, reason: loaded.damage });
    else if ('model' in loaded && entry.arriving) events.arrived?.(entry.loading);
  }

  /** What becomes of a version; null when it has been deleted meanwhile. */
  async #entryOf(stored: StoredVersion): Promise<Entry | null> {
    const { store, workers } = this.#followed;
    try {
      return { model: await loadStored(store, stored, workers) };
    } catch (error) {
      const damage = await damageOf(store, stored, error);
      return damage === null ? null : { damage, digest: stored.digest };
    }
  }

  /** A version that could not be read, to be tried again. Throws when the store does not answer at all. */
  #unread(entry: Loading, cause: unknown): Loading {
    if (cause instanceof StoreUnavailableError || this.#closing.signal.aborted) throw cause;
    const { name, version } = entry.loading;
    this.#tellLost(new Error(`model '${name}' version ${version} cannot be read now`, { cause }));
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      void this.refresh();
    }, RETRY_MS).unref();
    return { ...entry, unread: true };
  }
}

function keyOf({ name, version, digest }: Omit<StoredVersion, 'createdAt'>): string {
  return `${name} ${version} ${digest}`;
}

import type { Model } from '../model/model.ts';
import type { StoredVersion } from '../store/model-store.ts';

/** A version that waits to be loaded, or is being loaded. */
export interface Loading {
  readonly loading: StoredVersion;
  /** It came while this process served: until it is loaded, the version before it is the latest. */
  readonly arriving: boolean;
  /** It could not be read, for a reason that says nothing about what is stored, and is tried again from time to time. */
  readonly unread?: true;
}

/** A version that was not loaded, and why. */
export interface Damaged {
  readonly damage: string;
  readonly digest: string;
}

/** What is known of a stored version. */
export type Entry = { readonly model: Model } | Damaged | Loading;

export interface VersionEntry {
  readonly name: string;
  readonly version: number;
  readonly entry: Entry;
}

/** The stored versions that this process knows of, by name and number. */
export class Entries {
  readonly #names = new Map<string, Map<number, Entry>>();
  readonly #latest = new Map<string, number>();
  readonly #letGo: (model: Model) => void;

  /** `letGo` is called for each model that is dropped. */
  constructor(letGo: (model: Model) => void) {
    this.#letGo = letGo;
  }

  get(name: string, version: number): Entry | undefined {
    return this.#names.get(name)?.get(version);
  }

  /** By name, then by version; so that replicas list alike, whatever came first. */
  all(): VersionEntry[] {
    return [...this.#names.keys()].sort().flatMap((name) => this.of(name));
  }

  /** How many could not be read, and are tried again. */
  get unread(): number {
    return this.all().filter(({ entry }) => 'loading' in entry && entry.unread === true).length;
  }

  /** Those of one name, by version. */
  of(name: string): VersionEntry[] {
    const versions = [...(this.#names.get(name) ?? [])].sort(([a], [b]) => a - b);
    return versions.map(([version, entry]) => ({ name, version, entry }));
  }

  /** The number that serves when none is asked for; 0 when the name has no versions. Every request asks. */
  latest(name: string): number {
    return this.#latest.get(name) ?? 0;
  }

  put(name: string, version: number, entry: Entry): void {
    const versions = this.#names.get(name) ?? new Map<number, Entry>();
    versions.set(version, entry);
    this.#names.set(name, versions);
    this.#latest.set(name, latestOf(versions));
  }

  /** Replaces `before` by `after` (null: drops it) if it is still the entry, and says whether it was; else lets `after` go. */
  replace(name: string, version: number, before: Entry, after: Entry | null): boolean {
    const same = this.get(name, version) === before;
    if (same && after === null) this.drop(name, version);
    else if (same && after !== null) this.put(name, version, after);
    else if (after !== null && 'model' in after) this.#letGo(after.model);
    return same;
  }

  drop(name: string, version: number): void {
    const versions = this.#names.get(name);
    const entry = versions?.get(version);
    if (versions === undefined || entry === undefined) return;
    versions.delete(version);
    this.#latest.set(name, latestOf(versions));
    if (versions.size === 0) {
      this.#names.delete(name);
      this.#latest.delete(name);
    }
    if ('model' in entry) this.#letGo(entry.model);
  }
}

/** Of the content that the store had under the entry's number when it became an entry. */
export function digestOf(entry: Entry): string {
  if ('model' in entry) return entry.model.digest;
  return 'loading' in entry ? entry.loading.digest : entry.digest;
}

function latestOf(versions: ReadonlyMap<number, Entry>): number {
  const arriving = (entry: Entry) => 'loading' in entry && entry.arriving;
  const settled = [...versions].filter(([, entry]) => !arriving(entry)).map(([version]) => version);
  const all = settled.length > 0 ? settled : [...versions.keys()];
  return all.reduce((latest, version) => Math.max(latest, version), 0);
}

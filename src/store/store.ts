import type { KeyStore, StoredKey } from './key-store.ts';
import type { ModelStore, Parts, StoredVersion } from './model-store.ts';
import type { Seal } from './seal.ts';

/**
 * The store does not answer, or not now: a lost connection, a time that ran out, a server that starts or stops. This says
 * nothing about what is stored, and asking again may help. A change may have been made all the same, if the answer to its
 * commit was lost.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** All that outlives the process, on one database. */
export interface Store {
  readonly models: ModelStore;
  /** What keeps the database from serving just now, in words for an operator; null when nothing that is known does. */
  readonly outage: string | null;
  /** Milliseconds since the database was heard of last; 0 where no other process changes it. */
  readonly silentMs: number;
  readonly keys: KeyStore;
  /** Brings the schema up to date. Call once, before anything else. */
  migrate(): Promise<void>;
  /** Seals a version as it was read: where another is stored by then, the seal does not fit it. */
  sealVersion(version: StoredVersion, parts: Parts, by: Seal): Promise<void>;
  /** Seals an API key, likewise. */
  sealKey(key: StoredKey, by: Seal): Promise<void>;
  /**
   * Calls back when other processes may have changed the models: at once where the database tells of it, and in any case
   * every second while it answers. Never, where no other process uses the database. Call once; ends with `close`.
   */
  watch(onChange: () => void): void;
  close(): Promise<void>;
}

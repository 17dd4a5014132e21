import type { KeyStore } from './key-store.ts';
import type { ModelStore } from './model-store.ts';

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
  readonly keys: KeyStore;
  /** Brings the schema up to date. Call once, before anything else. */
  migrate(): Promise<void>;
  /**
   * Calls back when other processes may have changed the models: at once where the database tells of it, and in any case
   * every second while it answers. Never, where no other process uses the database. Call once; ends with `close`.
   */
  watch(onChange: () => void): void;
  close(): Promise<void>;
}

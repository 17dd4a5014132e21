import type { KeyStore } from './key-store.ts';
import type { ModelStore } from './model-store.ts';

/** All that outlives the process, on one database. */
export interface Store {
  readonly models: ModelStore;
  readonly keys: KeyStore;
  /** Brings the schema up to date. Call once, before anything else. */
  migrate(): Promise<void>;
  close(): Promise<void>;
}

import type { ModelStore } from './model-store.ts';

/** All that outlives the process, on one database. */
export interface Store {
  readonly models: ModelStore;
  /** Brings the schema up to date. Call once, before anything else. */
  migrate(): Promise<void>;
  close(): Promise<void>;
}

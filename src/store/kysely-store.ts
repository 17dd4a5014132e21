import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { StoredKey } from './key-store.ts';
import { KyselyKeyStore } from './kysely-key-store.ts';
import { KyselyModelStore, type StoreHooks } from './kysely-model-store.ts';
import * as models from './migrations/0001-models.ts';
import * as keys from './migrations/0002-keys.ts';
import * as seals from './migrations/0003-seals.ts';
import type { Parts, StoredVersion } from './model-store.ts';
import type { Seal } from './seal.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

const MIGRATIONS: Record<string, Migration> = {
  '0001-models': models,
  '0002-keys': keys,
  '0003-seals': seals,
};

/** The store on a SQL database, through Kysely; as it is, on one that no other process changes. */
export class KyselyStore implements Store {
  readonly models: KyselyModelStore;
  readonly keys: KyselyKeyStore;
  readonly #db: Kysely<Tables>;
  readonly #reader: Kysely<Tables>;

  /** `seal`: null where nothing is sealed. `reader`: the same database, where reading does not wait for the transactions of `db`. */
  constructor(db: Kysely<Tables>, seal: Seal | null, reader = db, hooks: StoreHooks = {}) {
    this.#db = db;
    this.#reader = reader;
    this.keys = new KyselyKeyStore(db, reader, hooks, seal);
    this.models = new KyselyModelStore(db, reader, hooks, seal);
  }

  get outage(): string | null {
    return null;
  }

  get silentMs(): number {
    return 0;
  }

  async migrate(): Promise<void> {
    const provider = { getMigrations: async () => MIGRATIONS };
    const { error } = await new Migrator({ db: this.#db, provider }).migrateToLatest();
    if (error !== undefined) throw error;
  }

  sealVersion(version: StoredVersion, parts: Parts, by: Seal): Promise<void> {
    return this.models.seal(version, parts, by);
  }

  sealKey(key: StoredKey, by: Seal): Promise<void> {
    return this.keys.seal(key, by);
  }

  watch(_onChange: () => void): void {}

  async close(): Promise<void> {
    await this.#reader.destroy();
    if (this.#reader !== this.#db) await this.#db.destroy();
  }
}

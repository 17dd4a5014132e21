import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { KyselyModelStore } from './kysely-model-store.ts';
import * as models from './migrations/0001-models.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

const MIGRATIONS: Record<string, Migration> = { '0001-models': models };

/** The store on a SQL database, through Kysely. */
export class KyselyStore implements Store {
  readonly models: KyselyModelStore;
  readonly #db: Kysely<Tables>;

  /** `afterWrite`: what the database needs, once a change is committed or has failed, to leave nothing behind. */
  constructor(db: Kysely<Tables>, afterWrite = async () => {}) {
    this.#db = db;
    this.models = new KyselyModelStore(db, afterWrite);
  }

  async migrate(): Promise<void> {
    const provider = { getMigrations: async () => MIGRATIONS };
    const { error } = await new Migrator({ db: this.#db, provider }).migrateToLatest();
    if (error !== undefined) throw error;
  }

  close(): Promise<void> {
    return this.#db.destroy();
  }
}

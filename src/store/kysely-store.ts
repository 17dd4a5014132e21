import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { KyselyModelStore, type Particulars } from './kysely-model-store.ts';
import * as models from './migrations/0001-models.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

const MIGRATIONS: Record<string, Migration> = { '0001-models': models };

/** The store on a SQL database, through Kysely; as it is, on one that no other process changes. */
export class KyselyStore implements Store {
  readonly models: KyselyModelStore;
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>, particulars: Particulars = {}) {
    this.#db = db;
    this.models = new KyselyModelStore(db, particulars);
  }

  get outage(): string | null {
    return null;
  }

  async migrate(): Promise<void> {
    const provider = { getMigrations: async () => MIGRATIONS };
    const { error } = await new Migrator({ db: this.#db, provider }).migrateToLatest();
    if (error !== undefined) throw error;
  }

  watch(_onChange: () => void): void {}

  close(): Promise<void> {
    return this.#db.destroy();
  }
}

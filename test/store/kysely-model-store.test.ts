import { describe } from 'vitest';
import { damageSuite } from '../support/data-damage-suite.ts';
import { sqliteDatabase } from '../support/data-store.ts';
import { modelStoreSuite } from '../support/data-store-suite.ts';
import { NO_POSTGRES, postgresDatabase, withPostgres } from '../support/postgres.ts';

/** Another database joins by a TestDatabase of its own. */
modelStoreSuite('SQLite', sqliteDatabase);
damageSuite('SQLite', sqliteDatabase);

describe.skipIf(NO_POSTGRES)(withPostgres('with Postgres'), () => {
  modelStoreSuite('Postgres', () => postgresDatabase());
  damageSuite('Postgres', () => postgresDatabase());
});

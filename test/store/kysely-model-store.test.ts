import { describe } from 'vitest';
import { damageSuite } from '../support/stores/damage-suite.ts';
import { sqliteDatabase } from '../support/stores/databases.ts';
import { NO_POSTGRES, postgresDatabase, withPostgres } from '../support/stores/postgres.ts';
import { modelStoreSuite } from '../support/stores/store-suite.ts';

/** Another database joins by a TestDatabase of its own. */
modelStoreSuite('SQLite', sqliteDatabase);
damageSuite('SQLite', sqliteDatabase);

describe.skipIf(NO_POSTGRES)(withPostgres('with Postgres'), () => {
  modelStoreSuite('Postgres', () => postgresDatabase());
  damageSuite('Postgres', () => postgresDatabase());
});

import { describe } from 'vitest';
import { sqliteDatabase } from '../support/stores/databases.ts';
import { keyStoreSuite } from '../support/stores/key-store-suite.ts';
import { NO_POSTGRES, postgresDatabase, withPostgres } from '../support/stores/postgres.ts';

/** Another database joins by a TestDatabase of its own. */
keyStoreSuite('SQLite', sqliteDatabase);

describe.skipIf(NO_POSTGRES)(withPostgres('with Postgres'), () => {
  keyStoreSuite('Postgres', () => postgresDatabase());
});

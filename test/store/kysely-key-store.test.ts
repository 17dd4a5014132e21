import { describe } from 'vitest';
import { keyStoreSuite } from '../support/data-key-store-suite.ts';
import { sqliteDatabase } from '../support/data-store.ts';
import { NO_POSTGRES, postgresDatabase, withPostgres } from '../support/postgres.ts';

/** Another database joins by a TestDatabase of its own. */
keyStoreSuite('SQLite', sqliteDatabase);

describe.skipIf(NO_POSTGRES)(withPostgres('with Postgres'), () => {
  keyStoreSuite('Postgres', () => postgresDatabase());
});

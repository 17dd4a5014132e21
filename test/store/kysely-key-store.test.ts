import { keyStoreSuite } from '../support/data-key-store-suite.ts';
import { sqliteDatabase } from '../support/data-store.ts';

/** Another database joins by a TestDatabase of its own. */
for (const [database, create] of [['SQLite', sqliteDatabase]] as const) keyStoreSuite(database, create);

import { damageSuite } from '../support/data-damage-suite.ts';
import { sqliteDatabase } from '../support/data-store.ts';
import { modelStoreSuite } from '../support/data-store-suite.ts';

/** Another database joins by a TestDatabase of its own. */
for (const [database, create] of [['SQLite', sqliteDatabase]] as const) {
  modelStoreSuite(database, create);
  damageSuite(database, create);
}

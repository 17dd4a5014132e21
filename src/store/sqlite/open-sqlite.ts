import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { KyselyStore } from '../kysely-store.ts';
import type { Store } from '../store.ts';
import type { Tables } from '../tables.ts';

/**
 * Opens the embedded store, `surety.sqlite` in `folder`, which is made if need be. A commit is on disk before
 * it returns (WAL, synchronous FULL); deleted models are overwritten (secure_delete, and an emptied log).
 */
export function openSqlite(folder: string): Store {
  mkdirSync(folder, { recursive: true });
  const database = new Database(join(folder, 'surety.sqlite'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  database.pragma('secure_delete = ON');
  database.pragma('busy_timeout = 1000'); // another program may hold the lock for a moment; waiting holds the event loop
  database.pragma('journal_size_limit = 67108864');
  const afterDelete = () => void database.pragma('wal_checkpoint(TRUNCATE)'); // the log still holds what was inserted
  return new KyselyStore(new Kysely<Tables>({ dialect: new SqliteDialect({ database }) }), { afterDelete });
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { KyselyStore } from '../kysely-store.ts';
import type { Store } from '../store.ts';
import type { Tables } from '../tables.ts';

/**
 * Opens the embedded store, `surety.sqlite` in `folder`, which is made if need be. A commit is on disk before
 * it returns (WAL, synchronous FULL); deleted models are overwritten (secure_delete, and an emptied log). Keys are read
 * on a connection of their own, beside transactions that last for as long as a large model is being written.
 */
export function openSqlite(folder: string): Store {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'surety.sqlite');
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  database.pragma('secure_delete = ON');
  database.pragma('busy_timeout = 1000'); // another program may hold the lock for a moment; waiting holds the event loop
  database.pragma('journal_size_limit = 67108864');
  const emptyLog = () => void database.pragma('wal_checkpoint(TRUNCATE)'); // it still holds what was inserted
  const reader = new Database(file, { readonly: true, timeout: 1000 });
  return new KyselyStore(kyselyOn(database), emptyLog, kyselyOn(reader));
}

function kyselyOn(database: Database.Database): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
}

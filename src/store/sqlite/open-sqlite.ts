import { existsSync, mkdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { KyselyStore } from '../kysely-store.ts';
import type { Seal } from '../seal.ts';
import type { Store } from '../store.ts';
import type { Tables } from '../tables.ts';
import { EmbeddedDialect } from './embedded-dialect.ts';
import { forThisUser } from './for-this-user.ts';

/** Another program may hold the lock for a moment; waiting holds the event loop. */
const BUSY_MS = 1000;

/** A log from so many bytes on is written into the database in a thread of its own. */
const THREAD_BYTES = 2 ** 24;

/**
 * Opens the embedded store, `surety.sqlite` in `folder`, which is made if need be, for this user alone. A commit is on disk before
 * it returns (WAL, synchronous FULL); deleted models are overwritten (secure_delete, and an emptied log). What
 * is read is read on a connection of its own, beside transactions that last for as long as a large model is being written.
 */
export function openSqlite(folder: string, seal: Seal | null = null): Store {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const log of ['-wal', '-shm'])
    if (existsSync(databaseIn(folder) + log)) forThisUser(databaseIn(folder) + log);
  forThisUser(databaseIn(folder));
  const database = new Database(databaseIn(folder));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  database.pragma('secure_delete = ON');
  database.pragma(`busy_timeout = ${BUSY_MS}`);
  database.pragma('journal_size_limit = 67108864');
  database.pragma('wal_autocheckpoint = 0'); // a commit would write it all again, in this thread; see afterWrite
  const db = kyselyOn(database);
  emptyLog(database);
  // On the connection, so that no other change begins before: the log would grow, and be copied here once it is emptied.
  const emptied = () =>
    db.connection().execute(async () => {
      await copyLog(databaseIn(folder)).catch(() => {}); // as with a full disk, which shows itself next, too
      emptyLog(database);
    });
  const afterWrite = () => emptied().catch(() => {}); // closed meanwhile, which empties it too
  const reader = new Database(databaseIn(folder), { readonly: true, timeout: BUSY_MS });
  return new KyselyStore(db, seal, kyselyOn(reader), { afterWrite });
}

/** The file of the embedded store. */
export function databaseIn(folder: string): string {
  return join(folder, 'surety.sqlite');
}

function kyselyOn(database: Database.Database): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new EmbeddedDialect(database) });
}

/** Writes a large log into the database in a thread of its own, so that little is left to do for who empties it. */
async function copyLog(file: string): Promise<void> {
  if (statSync(`${file}-wal`).size < THREAD_BYTES) return;
  const url = new URL(`./copy-log-worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(url, { workerData: file });
  worker.on('error', () => {}); // its end follows
  await new Promise((resolve) => worker.once('exit', resolve));
}

/**
 * The log still holds what was inserted, also where it has been deleted since; and when the disk was full, it is the log that
 * fills it. It stays as it is while another program reads the store, or the disk has no room for it in the database: the
 * next change or start empties it.
 */
function emptyLog(database: Database.Database): void {
  database.pragma('busy_timeout = 0');
  try {
    database.pragma('wal_checkpoint(TRUNCATE)');
  } catch {
    // what was committed is in the log, and safe there
  } finally {
    database.pragma(`busy_timeout = ${BUSY_MS}`);
  }
}

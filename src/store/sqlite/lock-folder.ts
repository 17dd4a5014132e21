import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { forThisUser } from './for-this-user.ts';

/** Keeps the locks reachable: a connection that is collected gives up its lock. */
const held = new Set<Database.Database>();

/** A process that has just been told to stop may hold the lock for a moment. */
const WAIT_MS = 1000;

/**
 * Makes the folder if need be, for this user alone, and keeps it for this process, until the function returned is called or the process ends, however
 * it ends: a second service on one folder would not see what the first registers. The lock is one of the operating system's, by
 * way of an empty SQLite database beside the store's; who only reads the store, or writes a row, does without. Throws when
 * another process has the folder, or it cannot be written to.
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  accessSync(folder, constants.W_OK);
  const file = join(folder, 'surety.lock');
  forThisUser(file);
  const lock = new Database(file, { timeout: WAIT_MS });
  try {
    lock.pragma('journal_mode = MEMORY'); // no further file
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    if ((cause as { code?: string }).code !== 'SQLITE_BUSY') throw cause;
    throw new Error('another service has this folder', { cause });
  }
  held.add(lock);
  return () => {
    held.delete(lock);
    lock.close();
  };
}

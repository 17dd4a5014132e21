import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { databaseIn } from './open-sqlite.ts';

/** A process that has just been told to stop may hold the lock for a moment. */
const WAIT_S = 1;

/** What `flock` is to exit with where another process has the lock. */
const TAKEN = 75;

/**
 * Keeps the database in a folder, which is made if need be, for this process until it ends: the file itself, by whatever path
 * another service reaches it, and also where the lock beside it was deleted. Who only reads the store, or writes a row, does
 * without. Throws when another process has it.
 *
 * SQLite, which locks ranges of the file, does not see this lock. Node cannot make it: util-linux's `flock` makes it on the
 * descriptor that it shares; where there is no such program, there is no lock. The descriptor is never closed, since that would
 * take SQLite's own locks away from this process.
 */
export function lockDatabase(folder: string): void {
  const descriptor = openSync(databaseIn(folder), 'a', 0o600);
  const args = ['--exclusive', '--wait', String(WAIT_S), '--conflict-exit-code', String(TAKEN), '3'];
  const { status } = spawnSync('flock', args, { stdio: ['ignore', 'ignore', 'ignore', descriptor] });
  if (status !== TAKEN) return;
  closeSync(descriptor);
  throw new Error('another service has this database');
}

import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { openReadOnly } from './read-sqlite.ts';

/**
 * Copies the database in a file, as it is at one moment, also while others write to it, to `to`, which is there whole and on
 * disk or, as far as this depends on it, not touched at all. `check` is given the copy under a name of its own first, may write to it, and
 * makes everything ready for it to take its place; what it throws is thrown, and the copy deleted. Its owner alone may read it.
 *
 * Cost: reads and writes the database once, and holds the thread meanwhile; writers of the database are not held up.
 */
export async function copyDatabase(
  from: string,
  to: string,
  check: (copy: string) => Promise<void>,
): Promise<void> {
  const copy = `${to}.partial-${randomUUID()}`;
  try {
    closeSync(openSync(copy, 'wx', 0o600));
    const database = openReadOnly(from);
    try {
      database.prepare('VACUUM INTO ?').run(copy); // which leaves it to us to have it on disk
    } finally {
      database.close();
    }
    toDisk(copy);
    await check(copy);
    renameSync(copy, to);
    toDisk(dirname(to));
  } finally {
    rmSync(copy, { force: true });
  }
}

function toDisk(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

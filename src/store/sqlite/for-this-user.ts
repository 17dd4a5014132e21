import { chmodSync, closeSync, openSync } from 'node:fs';

/**
 * Makes a file of this user alone, or takes the rights to one that is there away from others, whatever the umask and the
 * folder: SQLite gives the files that it makes beside a database the database's own rights. A file of another user, which may
 * be written to and not changed, stays as it is.
 */
export function forThisUser(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
  try {
    chmodSync(file, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

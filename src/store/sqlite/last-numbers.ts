import Database from 'better-sqlite3';

/** A name, and the last version number that it has used. */
interface LastNumber {
  readonly name: string;
  readonly last_version: number;
}

/**
 * The last number of each name in a store that is about to be replaced. All of the store is in its one file then, without a log
 * beside it. Throws when it cannot be read; `database is locked` when somebody uses it.
 */
export function readLastNumbers(file: string): readonly LastNumber[] {
  const database = new Database(file, { fileMustExist: true });
  try {
    database.pragma('journal_mode = DELETE');
    return database.prepare('SELECT name, last_version FROM name').all() as LastNumber[];
  } finally {
    database.close();
  }
}

/** Has a store go on from these numbers where its own are lower, so that none is given twice. It is on disk before it returns. */
export function raiseLastNumbers(file: string, numbers: readonly LastNumber[]): void {
  const database = new Database(file, { fileMustExist: true });
  try {
    const raise = database.prepare(
      `INSERT INTO name (name, last_version) VALUES (@name, @last_version)
       ON CONFLICT (name) DO UPDATE SET last_version = max(last_version, excluded.last_version)`,
    );
    database.transaction(() => {
      for (const number of numbers) raise.run(number);
    })();
  } finally {
    database.close();
  }
}

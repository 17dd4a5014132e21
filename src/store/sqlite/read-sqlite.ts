import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { KyselyStore } from '../kysely-store.ts';
import type { Seal } from '../seal.ts';
import type { Store } from '../store.ts';
import type { Tables } from '../tables.ts';
import { EmbeddedDialect } from './embedded-dialect.ts';

/** Opens a database file to be read only. Throws when there is none. */
export function openReadOnly(file: string): Database.Database {
  if (!existsSync(file)) throw new Error(`there is no ${file}`);
  return new Database(file, { readonly: true, fileMustExist: true });
}

/**
 * Opens the embedded store in a file to be read only, also while a service writes to it. Throws when there is none, or SQLite
 * finds that its pages or rows do not belong together. Cost: reads the database once.
 */
export function readSqlite(file: string, seal: Seal | null = null): Store {
  const database = openReadOnly(file);
  try {
    const finding = database.pragma('integrity_check(1)', { simple: true });
    if (finding !== 'ok') throw new Error(`the database is damaged: ${finding}`);
    const orphans = database.pragma('foreign_key_check') as unknown[];
    if (orphans.length > 0)
      throw new Error(`the database is damaged: ${orphans.length} rows belong to nothing`);
    if (seal !== null && !hasSeals(database))
      throw new Error(
        `${file} is of a build that sealed nothing; without SURETY_SEAL_KEY_FILE it can be used`,
      );
  } catch (error) {
    database.close();
    throw error;
  }
  return new KyselyStore(new Kysely<Tables>({ dialect: new EmbeddedDialect(database) }), seal);
}

function hasSeals(database: Database.Database): boolean {
  const columns = database.pragma('table_info(blob)') as { readonly name: string }[];
  return columns.some(({ name }) => name === 'seal');
}

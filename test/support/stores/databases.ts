import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { onTestFinished } from 'vitest';
import { type ModelStore, type Part, type Parts, sha256Hex } from '../../../src/store/model-store.ts';
import { bytesIn } from '../../../src/store/pieces.ts';
import { openSqlite } from '../../../src/store/sqlite/open-sqlite.ts';
import type { Store } from '../../../src/store/store.ts';
import type { Tables } from '../../../src/store/tables.ts';
import { dataFolder } from './folder.ts';

/** A database of a test's own. The store's suites know no more than this, so that they run on any database. */
export interface TestDatabase {
  /** Opens the store on this database, its schema up to date; closed with the test. */
  readonly openStore: () => Promise<Store>;
  /** The same, of it the models. */
  readonly open: () => Promise<ModelStore>;
  /** Reads or changes the tables behind the store's back, foreign keys unchecked. */
  readonly behind: <T>(act: (db: Kysely<Tables>) => Promise<T>) => Promise<T>;
}

export function sqliteDatabase(folder = dataFolder()): TestDatabase {
  const openStore = async () => {
    const store = openSqlite(folder);
    onTestFinished(() => store.close());
    await store.migrate();
    return store;
  };
  return {
    openStore,
    open: async () => (await openStore()).models,
    behind: async (act) => {
      const database = new Database(join(folder, 'surety.sqlite'));
      database.pragma('foreign_keys = OFF');
      const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
      return act(db).finally(() => db.destroy());
    },
  };
}

/** The same store with some of its methods replaced. */
export function storeWith(store: ModelStore, replaced: Partial<ModelStore>): ModelStore {
  return {
    list: () => store.list(),
    insert: (model, isUsable) => store.insert(model, isUsable),
    read: (name, version, allocate) => store.read(name, version, allocate),
    readPart: (name, version, part) => store.readPart(name, version, part),
    delete: (name, version) => store.delete(name, version),
    ...replaced,
  };
}

export const partOfBytes = (data: Uint8Array): Part => ({ pieces: [data], sha256: sha256Hex(data) });

/** A part of so many bytes that look like nothing, and never the same for another seed. */
export function noisePart(length: number, seed = 1): Part {
  // in the middle of a larger buffer, as a part of a typed array is
  const data = new Uint8Array(length + 16).subarray(8, length + 8);
  let word = seed >>> 0;
  for (let at = 0; at < length; at++) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    data[at] = word >>> 24;
  }
  return partOfBytes(data);
}

export const partsOf = (parts: Record<string, Part>): Parts => new Map(Object.entries(parts));

/** What `read` gave, in a form that compares every byte. */
export function checksums(parts: Parts): Record<string, string> {
  return Object.fromEntries(
    [...parts].map(([name, { pieces }]) => [name, `${bytesIn(pieces)} ${sha256Hex(Buffer.concat(pieces))}`]),
  );
}

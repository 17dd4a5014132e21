import { cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { until } from '../process/process.ts';
import { temporaryFolder } from '../process/service.ts';
import { connection, postgresDatabase } from './postgres.ts';
import { databaseOf } from './stored-files.ts';

/** Where a service that is killed keeps its models, as it looks from outside. */
export interface CrashStore {
  readonly dataDir: string;
  /** What the service's environment says besides. */
  readonly env: Readonly<Record<string, string>>;
  /** Another text once something has been written since: a registration or deletion is being stored. */
  readonly written: () => string | Promise<string>;
  /** Checks what a killed process has left behind. */
  readonly checkRemains: () => void | Promise<void>;
  /** Checks what a stopped process leaves behind. */
  readonly checkStopped: () => void;
}

export function sqliteCrashStore(dataDir = temporaryFolder()): CrashStore {
  return {
    dataDir,
    env: {},
    written: () => walState(dataDir),
    checkRemains: () => checkFiles(dataDir),
    checkStopped: () => expect(readdirSync(dataDir)).toEqual(['surety.lock', 'surety.sqlite']),
  };
}

/** The server must be one for tests: see test/support/stores/postgres.ts. */
export async function postgresCrashStore(): Promise<CrashStore> {
  const url = await postgresDatabase().url();
  const client = await connection(url);
  const number = async (sql: string) => Number(Object.values((await client.query(sql)).rows[0])[0]);
  const others =
    "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'surety'";
  return {
    dataDir: temporaryFolder(),
    env: { SURETY_DATABASE_URL: url },
    written: async () => String(await number("select pg_total_relation_size(to_regclass('chunk'))")),
    // The server ends what a dead client had begun, and may yet commit it.
    checkRemains: () => until(async () => (await number(others)) === 0, 'rid of the dead service'),
    checkStopped: () => {},
  };
}

/** Size and time of the write-ahead log: a commit appends to the log, or writes it from its start again. */
function walState(dataDir: string): string {
  const stat = statSync(`${databaseOf(dataDir)}-wal`, { bigint: true, throwIfNoEntry: false });
  return `${stat?.size}/${stat?.mtimeNs}`;
}

/** There are only the database's own files, and in them is a sound database. */
function checkFiles(dataDir: string): void {
  for (const file of readdirSync(dataDir)) {
    expect(file).toMatch(/^surety\.(lock|sqlite(-wal|-shm|-journal)?)$/);
  }
  const copy = join(temporaryFolder(), 'copy'); // opening the original would do the recovery that is under test
  cpSync(dataDir, copy, { recursive: true });
  const database = new Database(databaseOf(copy));
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(database.pragma('foreign_key_check')).toEqual([]);
  database.close();
  rmSync(copy, { recursive: true });
}

// Backs up, restores and verifies the store of the service. docs/operations.md, "Backups".
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { type Config, readConfig } from './config/config.ts';
import { verifyModels } from './registry/verify-models.ts';
import { openStore } from './store/open-store.ts';
import { copyDatabase } from './store/sqlite/copy-database.ts';
import { raiseLastNumbers, readLastNumbers } from './store/sqlite/last-numbers.ts';
import { lockFolder } from './store/sqlite/lock-folder.ts';
import { databaseIn } from './store/sqlite/open-sqlite.ts';
import { readSqlite } from './store/sqlite/read-sqlite.ts';
import type { Store } from './store/store.ts';

const USAGE = `Usage:
  create <file or folder>      backs up the store of SURETY_DATA_DIR, also while the service runs
  restore <file> [--replace]   puts a backup into SURETY_DATA_DIR, in place of what is there only with --replace
  verify [<file>]              checks every model of a backup, or of the store that the environment names
`;

/** Does what the arguments say. Throws when it could not be done, or something is damaged. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { replace: { type: 'boolean', default: false } },
  });
  const [verb, file, ...others] = positionals;
  const config = readConfig(process.env);
  if (others.length > 0 || (values.replace && verb !== 'restore')) return usage();
  if (verb === 'create' && file !== undefined) return create(embedded(config), fileFor(file));
  if (verb === 'restore' && file !== undefined) return restore(embedded(config), file, values.replace);
  if (verb === 'verify') return verify(file === undefined ? ownStore(config) : readSqlite(file));
  return usage();
}

async function create(dataDir: string, file: string): Promise<void> {
  if (existsSync(file)) throw new Error(`${file} is there already`);
  await copyDatabase(databaseIn(dataDir), file, (copy) => verify(readSqlite(copy)));
  process.stdout.write(`wrote ${file}\n`);
}

async function restore(dataDir: string, backup: string, replace: boolean): Promise<void> {
  lockFolder(dataDir);
  const file = databaseIn(dataDir);
  if (existsSync(file) && !replace) throw new Error(`${file} is there already; --replace overwrites it`);
  await copyDatabase(backup, file, async (copy) => {
    await verify(readSqlite(copy));
    if (existsSync(file)) raiseLastNumbers(copy, lastNumbersOf(file));
    // SQLite would take them for the new database's own
    for (const log of ['-wal', '-shm', '-journal']) rmSync(`${file}${log}`, { force: true });
  });
  process.stdout.write(`restored ${file}\n`);
}

/** None, with a warning, of a store that cannot be read: it may be damaged, which is why it is replaced. */
function lastNumbersOf(file: string): ReturnType<typeof readLastNumbers> {
  try {
    return readLastNumbers(file);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code?.startsWith('SQLITE_BUSY')) throw new Error(`another program uses ${file}`, { cause: error });
    process.stderr.write(
      `the store that is replaced cannot be read (${message}): version numbers that it gave since the backup may be given again\n`,
    );
    return [];
  }
}

/** Prints every version with its digest, and closes the store. Throws when one is damaged. */
async function verify(store: Store): Promise<void> {
  let damaged = 0;
  try {
    for await (const { name, version, digest, damage } of verifyModels(store.models)) {
      process.stdout.write(
        `${name} ${version} ${digest} ${damage === null ? 'sound' : `DAMAGED: ${damage}`}\n`,
      );
      if (damage !== null) damaged++;
    }
  } finally {
    await store.close();
  }
  if (damaged > 0)
    throw new Error(`damaged versions: ${damaged}; delete them, and register their data again`);
}

function embedded({ databaseUrl, dataDir }: Config): string {
  if (databaseUrl === null) return dataDir;
  throw new Error(
    'SURETY_DATABASE_URL is set: Postgres has pg_dump and pg_restore for this; see docs/operations.md',
  );
}

function ownStore(config: Config): Store {
  const { databaseUrl, dataDir } = config;
  return databaseUrl === null
    ? readSqlite(databaseIn(dataDir))
    : openStore(config, pino({ level: 'silent' }));
}

/** In a folder, a name that says when. */
function fileFor(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  return join(path, `surety-${new Date().toISOString().replaceAll(':', '-')}.sqlite`);
}

function usage(): void {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}

// Whoever reads may have had enough (`| head -1`): the work goes on, and its exit code says what became of it.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

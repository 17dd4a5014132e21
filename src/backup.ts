// Backs up, restores and verifies the store of the service. docs/operations.md, "Backups".
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { type Config, readConfig } from './config/config.ts';
import { verifyModels } from './registry/verify-models.ts';
import { openStore } from './store/open-store.ts';
import { readSeal, type Seal } from './store/seal.ts';
import { copyDatabase } from './store/sqlite/copy-database.ts';
import { raiseLastNumbers, readLastNumbers } from './store/sqlite/last-numbers.ts';
import { lockDatabase } from './store/sqlite/lock-database.ts';
import { lockFolder } from './store/sqlite/lock-folder.ts';
import { databaseIn } from './store/sqlite/open-sqlite.ts';
import { readSqlite } from './store/sqlite/read-sqlite.ts';
import type { Store } from './store/store.ts';

const USAGE = `Usage:
  create <file or folder>      backs up the store of SURETY_DATA_DIR, also while the service runs
  restore <file> [--replace]   puts a backup into SURETY_DATA_DIR, in place of what is there only with --replace
  verify [<file>] [--refit] [--seal]
                               checks every model of a backup, or of the store that the environment names;
                               --refit computes all that is derived anew, and compares;
                               --seal seals the store's versions and keys whose seal fits, or with --refit
                               the versions that it has proved, with the first key of SURETY_SEAL_KEY_FILE
`;

const LOG = pino({ level: 'silent' });

/** Does what the arguments say. Throws when it could not be done, or something is damaged. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      replace: { type: 'boolean', default: false },
      refit: { type: 'boolean', default: false },
      seal: { type: 'boolean', default: false },
    },
  });
  const [verb, file, ...others] = positionals;
  const { replace, refit } = values;
  const config = readConfig(process.env);
  if (others.length > 0 || (replace && verb !== 'restore')) return usage();
  if ((refit || values.seal) && (verb !== 'verify' || (values.seal && file !== undefined))) return usage();
  const seal = readSeal(config, LOG);
  if (verb === 'create' && file !== undefined) return create(embedded(config), fileFor(file), seal);
  if (verb === 'restore' && file !== undefined) return restore(embedded(config), file, replace, seal);
  if (verb === 'verify' && values.seal) return sealAll(config, seal, refit);
  if (verb !== 'verify') return usage();
  const store = file === undefined ? ownStore(config, seal) : readSqlite(file, seal);
  return verify(store, { seal, refit, threads: config.workers });
}

/** Seals what the seal fits, or, after a refit, every version that it has proved. */
async function sealAll(config: Config, seal: Seal | null, refit: boolean): Promise<void> {
  if (seal === null) throw new Error('SURETY_SEAL_KEY_FILE is not set: there is no key to seal with');
  if (config.databaseUrl === null && !existsSync(databaseIn(config.dataDir)))
    throw new Error(`there is no ${databaseIn(config.dataDir)}`);
  const store = openStore(config, LOG, refit ? null : seal);
  await store.migrate();
  if (!refit)
    for (const key of await store.keys.list())
      if (!key.unsealed && key.revokedAt === null) await store.sealKey(key, seal);
  return verify(store, { seal: refit ? null : seal, refit, threads: config.workers, sealing: seal });
}

async function create(dataDir: string, file: string, seal: Seal | null): Promise<void> {
  if (existsSync(file)) throw new Error(`${file} is there already`);
  await copyDatabase(databaseIn(dataDir), file, (copy) => verify(readSqlite(copy, seal), { seal }));
  process.stdout.write(`wrote ${file}\n`);
}

async function restore(dataDir: string, backup: string, replace: boolean, seal: Seal | null): Promise<void> {
  lockFolder(dataDir);
  const file = databaseIn(dataDir);
  if (existsSync(file)) lockDatabase(dataDir);
  if (existsSync(file) && !replace) throw new Error(`${file} is there already; --replace overwrites it`);
  await copyDatabase(backup, file, async (copy) => {
    await verify(readSqlite(copy, seal), { seal });
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

interface Checks {
  /** The seal that the store was opened with. */
  readonly seal: Seal | null;
  readonly refit?: boolean;
  readonly threads?: number;
  /** Seals what is not damaged. */
  readonly sealing?: Seal;
}

/** Prints every version with its digest and what was checked, and closes the store. Throws when something is damaged. */
async function verify(store: Store, { seal, refit = false, threads = 1, sealing }: Checks): Promise<void> {
  const sealed = sealing ? 'sealed now' : seal === null ? 'seal not checked' : 'sealed';
  const checked = `checksums and digest${refit ? ', and all that is derived' : ''}; ${sealed}`;
  let damaged = 0;
  try {
    for await (const verified of verifyModels(store.models, { refit, threads })) {
      const { name, version, digest } = verified.stored;
      const { damage } = verified;
      if (verified.damage === null && sealing)
        await store.sealVersion(verified.stored, verified.parts, sealing);
      const found = damage === null ? checked : `DAMAGED: ${damage}`;
      process.stdout.write(`${name} ${version} ${digest} ${found}\n`);
      if (damage !== null) damaged++;
    }
    if (seal !== null) await checkKeys(store);
  } finally {
    await store.close();
  }
  if (damaged > 0)
    throw new Error(`damaged versions: ${damaged}; delete them, and register their data again`);
}

/** Throws when an API key is not sealed. */
async function checkKeys({ keys }: Store): Promise<void> {
  const unsealed = (await keys.list()).filter((key) => key.unsealed);
  if (unsealed.length === 0) return;
  const ids = unsealed.map(({ id }) => id).join(', ');
  throw new Error(
    `API keys that are not sealed, and are refused: ${ids}; revoke them, or npm run keys -- seal`,
  );
}

function embedded({ databaseUrl, dataDir }: Config): string {
  if (databaseUrl === null) return dataDir;
  throw new Error(
    'SURETY_DATABASE_URL is set: Postgres has pg_dump and pg_restore for this; see docs/operations.md',
  );
}

function ownStore(config: Config, seal: Seal | null): Store {
  const { databaseUrl, dataDir } = config;
  return databaseUrl === null ? readSqlite(databaseIn(dataDir), seal) : openStore(config, LOG, seal);
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

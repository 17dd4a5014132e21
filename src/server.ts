import type https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { buildApp } from './app.ts';
import { type Config, readConfig } from './config/config.ts';
import { createLogger } from './process/logger.ts';
import { readTls, reloadTls } from './process/tls.ts';
import { openStore } from './store/open-store.ts';
import { retryUntilAvailable } from './store/retry-until-available.ts';
import { readSeal } from './store/seal.ts';
import { lockDatabase } from './store/sqlite/lock-database.ts';
import { lockFolder } from './store/sqlite/lock-folder.ts';

/**
 * After the grace period connections are cut; if even that does not end the process, this long after it is
 * ended.
 */
const HARD_STOP_MS = 2000;

/** Say that the process itself is broken. A listener would keep it from ending, and from a core dump. */
const NO_STOP_SIGNALS = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'] as const;

const FIRST_KEY =
  'npm run -s keys -- create --name first --scopes register,certify,evaluate,read (docs/access.md)';

/** Reads the settings, listens, loads the stored models, and drains on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const config = orExit('Wrong settings in the environment', () => readConfig(process.env));
  const { tls: files } = config;
  const tls = files && orExit('Wrong settings in the environment', () => readTls(files));
  const logger = createLogger(config.logLevel);
  const seal = orExit('Wrong settings in the environment', () => readSeal(config, logger));
  const storeFailure =
    config.databaseUrl === null
      ? `SURETY_DATA_DIR: cannot use the store in ${config.dataDir}`
      : 'SURETY_DATABASE_URL: cannot use this database';
  const store = orExit(storeFailure, () => {
    if (config.databaseUrl === null) lockStore(config.dataDir);
    return openStore(config, logger, seal);
  });
  const app = await buildApp(config, store, logger, tls);
  if (files !== null) process.on('SIGHUP', () => reloadTls(app.server as https.Server, files, logger));
  const stopping = stopInTime(app, config, logger);
  const unlessStopping = (failure: string) => (error: Error) => stopping.aborted || exit(failure, error);
  const { host, port } = config;
  await app.listen({ host, port }).catch(unlessStopping(`HOST, PORT: cannot listen on ${host}:${port}`));
  const start = async () => {
    await retryUntilAvailable(() => store.migrate(), stopping);
    if (config.auth) await app.keys.load();
    tellWhoMayCall(config, app.keys.hasNoUsableKey, logger);
    await app.models.load();
    if (!stopping.aborted) logger.info({ models: app.models.list().length }, 'ready');
  };
  await start().catch(unlessStopping(storeFailure));
}

/**
 * On the first signal the service says that it is not ready and serves on for the delay, unless it has never been ready; then
 * it drains, and exits 0. After an error that nobody caught it drains at once, and exits 1. A second signal, or error, ends the
 * process at once with exit code 1. The signal returned is aborted when it begins to stop.
 */
function stopInTime(app: FastifyInstance, config: Config, logger: Logger): AbortSignal {
  const { drainDelayMs, shutdownGraceMs } = config;
  const stopping = new AbortController();
  const delay = drainDelayMs + shutdownGraceMs + HARD_STOP_MS;
  const error = (what: unknown) =>
    what instanceof Error ? logger.fatal({ err: what }, 'could not stop') : logger.fatal(String(what));
  closeWithGrace(
    {
      delay,
      logger: { error },
      skip: config.tls === null ? [...NO_STOP_SIGNALS] : [...NO_STOP_SIGNALS, 'SIGHUP'],
    },
    async ({ err, signal }) => {
      const wasReady = app.models.loading === 0;
      stopping.abort();
      app.draining = true;
      if (err) logger.fatal({ err }, 'stopping after an error');
      else logger.info({ signal }, 'draining');
      if (!err && wasReady) await sleep(drainDelayMs);
      const cut = setTimeout(() => app.server.closeAllConnections(), shutdownGraceMs);
      await app.close();
      clearTimeout(cut);
      logger.info('stopped');
    },
  );
  return stopping.signal;
}

function lockStore(folder: string): void {
  lockFolder(folder);
  lockDatabase(folder);
}

function tellWhoMayCall({ auth, tokens }: Config, noKeys: boolean, logger: Logger): void {
  if (!auth) logger.warn('access control is off: whoever reaches this address may do everything');
  else if (noKeys && tokens === null)
    logger.warn(`nobody can call this service yet, as there is no API key. To make one: ${FIRST_KEY}`);
}

/** The result of a step of the start, or a message that a person can read and exit code 1. */
function orExit<Result>(failure: string, step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    return exit(failure, error as Error);
  }
}

function exit(failure: string, error: NodeJS.ErrnoException): never {
  const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
  process.stderr.write(`${failure}:\n${reason}\n`);
  process.exit(1);
}

await main();

import { setTimeout as sleep } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import type { FastifyInstance } from 'fastify';
import { type Logger, pino } from 'pino';
import { buildApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { lockFolder } from './store/sqlite/lock-folder.ts';
import { openSqlite } from './store/sqlite/open-sqlite.ts';

/**
 * After the grace period connections are cut; if even that does not end the process, this long after it is
 * ended.
 */
const HARD_STOP_MS = 2000;

/** Say that the process itself is broken. A listener would keep it from ending, and from a core dump. */
const NO_STOP_SIGNALS = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'] as const;

/** Reads the settings, listens, loads the stored models, and drains on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const config = orExit('Wrong settings in the environment', () => readConfig(process.env));
  const logger = pino({ level: config.logLevel });
  const storeFailure = `SURETY_DATA_DIR: cannot use the store in ${config.dataDir}`;
  const store = orExit(storeFailure, () => {
    lockFolder(config.dataDir);
    return openSqlite(config.dataDir);
  });
  const app = await buildApp(config, store, logger);
  stopInTime(app, config, logger);
  /** A start that is told to stop finds listener and store closed. */
  const unlessStopped = (failure: string) => (error: Error) => app.draining || exit(failure, error);
  const { host, port } = config;
  await app.listen({ host, port }).catch(unlessStopped(`HOST, PORT: cannot listen on ${host}:${port}`));
  await store.migrate().catch(unlessStopped(storeFailure));
  await app.models.load().catch(unlessStopped(storeFailure));
  if (app.draining) return;
  for (const damage of app.models.damaged) logger.error(damage, 'model is damaged and left out');
  logger.info({ models: app.models.list().length }, 'ready');
}

/**
 * On the first signal the service says that it is not ready and serves on for the delay, unless no model has been loaded
 * yet; then it drains, and exits 0. After an error that nobody caught it drains at once, and exits 1. A second signal, or
 * error, ends the process at once with exit code 1.
 */
function stopInTime(app: FastifyInstance, config: Config, logger: Logger): void {
  const { drainDelayMs, shutdownGraceMs } = config;
  const delay = drainDelayMs + shutdownGraceMs + HARD_STOP_MS;
  const error = (what: unknown) =>
    what instanceof Error ? logger.fatal(withoutValues(what), 'could not stop') : logger.fatal(String(what));
  closeWithGrace({ delay, logger: { error }, skip: [...NO_STOP_SIGNALS] }, async ({ err, signal }) => {
    app.draining = true;
    if (err) logger.fatal(withoutValues(err), 'stopping after an error');
    else logger.info({ signal }, 'draining');
    if (!err && app.models.loading === 0) await sleep(drainDelayMs);
    const cut = setTimeout(() => app.server.closeAllConnections(), shutdownGraceMs);
    await app.close();
    clearTimeout(cut);
    logger.info('stopped');
  });
}

/** Of an error that nobody foresaw, what cannot hold an applicant's values: its message may. */
function withoutValues({ name, stack = '', code }: NodeJS.ErrnoException): object {
  return { error: name, code, stack: stack.split('\n').filter((line) => /^\s+at /.test(line)) };
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

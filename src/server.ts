import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { buildApp } from './app.ts';
import { readConfig } from './config.ts';
import { onceItAnswers } from './store/once-it-answers.ts';
import { openStore } from './store/open-store.ts';

/**
 * After the grace period connections are cut; if even that does not end the process, this long after it is
 * ended.
 */
const HARD_STOP_MS = 2000;

/** Reads the settings, listens, loads the stored models, and drains on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const config = orExit('Wrong settings in the environment', () => readConfig(process.env));
  const logger = pino({ level: config.logLevel });
  const failure =
    config.databaseUrl === null
      ? `SURETY_DATA_DIR: cannot open the store in ${config.dataDir}`
      : 'SURETY_DATABASE_URL: cannot use this URL';
  const store = orExit(failure, () => openStore(config, logger));
  const app = await buildApp(config, store, logger);
  const stopping = new AbortController();
  closeWithGrace({ delay: config.shutdownGraceMs + HARD_STOP_MS, logger: false }, async ({ err, signal }) => {
    if (err) logger.fatal({ err }, 'stopping after an error');
    else logger.info({ signal }, 'draining');
    stopping.abort();
    const cut = setTimeout(() => app.server.closeAllConnections(), config.shutdownGraceMs);
    await app.close();
    clearTimeout(cut);
    logger.info('stopped');
  });
  await app.listen({ host: config.host, port: config.port }).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
    exit(`HOST, PORT: cannot listen on ${config.host}:${config.port}`, reason);
  });
  try {
    await onceItAnswers(() => store.migrate(), stopping.signal);
    await app.models.load();
    logger.info({ models: app.models.list().length }, 'ready');
  } catch (error) {
    if (!stopping.signal.aborted) throw error; // else the start was given up
  }
}

/** The result of a step of the start, or a message that a person can read and exit code 1. */
function orExit<Result>(failure: string, step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    return exit(failure, (error as Error).message);
  }
}

function exit(failure: string, reason: string): never {
  process.stderr.write(`${failure}:\n${reason}\n`);
  process.exit(1);
}

await main();

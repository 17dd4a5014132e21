import type https from 'node:https';
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { buildApp } from './app.ts';
import { readConfig } from './config.ts';
import { readTls, reloadTls } from './plugins/tls.ts';
import { openSqlite } from './store/sqlite/open-sqlite.ts';

/**
 * After the grace period connections are cut; if even that does not end the process, this long after it is
 * ended.
 */
const HARD_STOP_MS = 2000;

/** Reads the settings, listens, loads the stored models, and drains on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const config = orExit('Wrong settings in the environment', () => readConfig(process.env));
  const { tls: files } = config;
  const tls = files && orExit('Wrong settings in the environment', () => readTls(files));
  const logger = pino({ level: config.logLevel });
  const store = orExit(`SURETY_DATA_DIR: cannot open the store in ${config.dataDir}`, () =>
    openSqlite(config.dataDir),
  );
  const app = await buildApp(config, store, logger, tls);
  const skip: 'SIGHUP'[] = [];
  if (files !== null) {
    process.on('SIGHUP', () => reloadTls(app.server as https.Server, files, logger));
    skip.push('SIGHUP');
  }
  closeWithGrace(
    { delay: config.shutdownGraceMs + HARD_STOP_MS, logger: false, skip },
    async ({ err, signal }) => {
      if (err) logger.fatal({ err }, 'stopping after an error');
      else logger.info({ signal }, 'draining');
      const cut = setTimeout(() => app.server.closeAllConnections(), config.shutdownGraceMs);
      await app.close();
      clearTimeout(cut);
      logger.info('stopped');
    },
  );
  await app.listen({ host: config.host, port: config.port }).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
    exit(`HOST, PORT: cannot listen on ${config.host}:${config.port}`, reason);
  });
  await store.migrate();
  await app.models.load();
  for (const damage of app.models.damaged) logger.error(damage, 'model is damaged and left out');
  logger.info({ models: app.models.list().length }, 'ready');
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

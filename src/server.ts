import closeWithGrace from 'close-with-grace';
import { type Logger, pino } from 'pino';
import { buildApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { openSqlite } from './store/sqlite/open-sqlite.ts';

/**
 * After the grace period connections are cut; if even that does not end the process, this long after it is
 * ended.
 */
const HARD_STOP_MS = 2000;

const FIRST_KEY =
  'npm run -s keys -- create --name first --scopes register,certify,evaluate,read (docs/access.md)';

/** Reads the settings, listens, loads the stored models, and drains on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const config = orExit('Wrong settings in the environment', () => readConfig(process.env));
  const logger = pino({ level: config.logLevel });
  const store = orExit(`SURETY_DATA_DIR: cannot open the store in ${config.dataDir}`, () =>
    openSqlite(config.dataDir),
  );
  const app = await buildApp(config, store, logger);
  closeWithGrace({ delay: config.shutdownGraceMs + HARD_STOP_MS, logger: false }, async ({ err, signal }) => {
    if (err) logger.fatal({ err }, 'stopping after an error');
    else logger.info({ signal }, 'draining');
    const cut = setTimeout(() => app.server.closeAllConnections(), config.shutdownGraceMs);
    await app.close();
    clearTimeout(cut);
    logger.info('stopped');
  });
  await app.listen({ host: config.host, port: config.port }).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
    exit(`HOST, PORT: cannot listen on ${config.host}:${config.port}`, reason);
  });
  await store.migrate();
  if (config.auth) await app.keys.load();
  tellWhoMayCall(config, app.keys.isEmpty, logger);
  await app.models.load();
  for (const damage of app.models.damaged) logger.error(damage, 'model is damaged and left out');
  logger.info({ models: app.models.list().length }, 'ready');
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
    return exit(failure, (error as Error).message);
  }
}

function exit(failure: string, reason: string): never {
  process.stderr.write(`${failure}:\n${reason}\n`);
  process.exit(1);
}

await main();

import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { buildApp } from './app.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { openSqlite } from './store/sqlite/open-sqlite.ts';

/** Reads the settings, listens, loads the stored models, and drains on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const config = configOrExit();
  const logger = pino({ level: config.logLevel });
  const app = await buildApp(config, openSqlite(config.dataDir), logger);
  closeWithGrace({ delay: config.shutdownGraceMs, logger: false }, async ({ err, signal }) => {
    if (err) logger.fatal({ err }, 'stopping after an error');
    else logger.info({ signal }, 'draining');
    app.draining = true;
    await app.close();
    logger.info('stopped');
  });
  await app.listen({ host: config.host, port: config.port });
  await app.models.load();
  for (const damage of app.models.damaged) logger.error(damage, 'model is damaged and left out');
  logger.info({ models: app.models.list().length }, 'ready');
}

function configOrExit(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`Wrong settings in the environment:\n${error.message}\n`);
    return process.exit(1);
  }
}

await main();

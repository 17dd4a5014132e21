import type { Logger } from 'pino';
import { openPostgres } from './postgres/open-postgres.ts';
import type { Seal } from './seal.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';
import type { Store } from './store.ts';

export interface StoreOptions {
  readonly databaseUrl: string | null;
  readonly dataDir: string;
}

/**
 * The store that the settings name: a Postgres database where there is a URL, else the embedded one in the folder. With a
 * seal (`readSeal`), whatever it does not fit is damaged.
 */
export function openStore({ databaseUrl, dataDir }: StoreOptions, log: Logger, seal: Seal | null): Store {
  return databaseUrl === null ? openSqlite(dataDir, seal) : openPostgres(databaseUrl, log, seal);
}

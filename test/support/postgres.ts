import { randomUUID } from 'node:crypto';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { openPostgres } from '../../src/store/postgres/open-postgres.ts';
import type { Tables } from '../../src/store/tables.ts';
import type { TestDatabase } from './data-store.ts';

/** A server on which tests may make databases, as a user who may. */
const SERVER = process.env.SURETY_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** Why the tests with Postgres are skipped, or null. A server that was asked for must answer. */
export const NO_POSTGRES: string | null = await onServer((client) => client.query('select 1')).then(
  () => null,
  (error: unknown) => {
    if (process.env.SURETY_TEST_POSTGRES !== undefined) throw error;
    return 'no PostgreSQL on 127.0.0.1:5432; SURETY_TEST_POSTGRES names another';
  },
);

export interface PostgresDatabase extends TestDatabase {
  /** Makes the database, the first time, and says where it is. */
  readonly url: () => Promise<string>;
}

/** A database of a test's own, on the server for tests or on the one given; it goes with the test. */
export function postgresDatabase(server = SERVER): PostgresDatabase {
  let made: Promise<string> | undefined;
  const url = () => {
    made ??= makeDatabase(server);
    return made;
  };
  const openStore = async () => {
    const store = openPostgres(await url(), pino({ level: 'silent' }));
    onTestFinished(() => store.close());
    await store.migrate();
    return store;
  };
  return {
    url,
    openStore,
    open: async () => (await openStore()).models,
    behind: async (act) => {
      // as a replica of Postgres' own would write: foreign keys are not checked
      const options = '-c session_replication_role=replica';
      const pool = new pg.Pool({ connectionString: await url(), options });
      const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
      return act(db).finally(() => db.destroy());
    },
  };
}

async function makeDatabase(server: string): Promise<string> {
  const name = `surety_test_${randomUUID().replaceAll('-', '')}`;
  await onServer((client) => client.query(`create database ${name} template template0`), server);
  onTestFinished(async () => {
    await onServer((client) => client.query(`drop database ${name} with (force)`), server);
  });
  return Object.assign(new URL(server), { pathname: `/${name}` }).href;
}

/** Does something on a connection of its own. */
export async function onServer<T>(act: (client: pg.Client) => Promise<T>, server = SERVER): Promise<T> {
  const client = new pg.Client({ connectionString: server, connectionTimeoutMillis: 2000 });
  await client.connect();
  return act(client).finally(() => client.end());
}

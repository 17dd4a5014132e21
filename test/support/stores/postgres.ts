import { randomUUID } from 'node:crypto';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, onTestFinished } from 'vitest';
import { openPostgres } from '../../../src/store/postgres/open-postgres.ts';
import type { Tables } from '../../../src/store/tables.ts';
import type { TestDatabase } from './databases.ts';

/** A server on which tests may make databases, as a user who may. */
const SERVER = process.env.SURETY_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** Why tests with Postgres are skipped, or null. A server that was asked for must answer. */
export const NO_POSTGRES: string | null = await onServer((client) => client.query('select 1')).then(
  () => null,
  (error: unknown) => {
    if (process.env.SURETY_TEST_POSTGRES !== undefined) throw error;
    return 'no PostgreSQL on 127.0.0.1:5432 that lets in postgres; SURETY_TEST_POSTGRES names another';
  },
);

/** The title of tests with Postgres, which says why they are skipped where they are. */
export const withPostgres = (title: string) => (NO_POSTGRES ? `${title} (skipped: ${NO_POSTGRES})` : title);

export interface PostgresDatabase extends TestDatabase {
  /** Where it is; made now if need be. */
  readonly url: () => Promise<string>;
}

/** A database of a test's own, on the server for tests or on the one given. */
export function postgresDatabase(server = SERVER): PostgresDatabase {
  let taken: Promise<string> | undefined;
  const url = () => {
    taken ??= takeDatabase(server);
    return taken;
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

/** Does something on a connection of its own. */
export async function onServer<T>(act: (client: pg.Client) => Promise<T>, server = SERVER): Promise<T> {
  const client = new pg.Client({ connectionString: server, connectionTimeoutMillis: 2000 });
  client.on('error', () => {}); // tests end connections; what is being asked fails
  await client.connect();
  return act(client).finally(() => client.end());
}

/** A connection that stays until the test ends. */
export async function connection(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** Ends every other connection to a database, as an administrator would. */
export function endConnections(url: string): Promise<unknown> {
  const others = 'datname = current_database() and pid <> pg_backend_pid()';
  return onServer(
    (client) => client.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${others}`),
    url,
  );
}

/** Emptied databases of earlier tests of the file: making one takes longer than most tests. */
const free: { server: string; url: string }[] = [];

async function takeDatabase(server: string): Promise<string> {
  const at = free.findIndex((one) => one.server === server);
  const url = at < 0 ? await makeDatabase(server) : free.splice(at, 1)[0]!.url;
  onTestFinished(async () => {
    await endConnections(url);
    await onServer((client) => client.query('drop schema public cascade; create schema public'), url);
    free.push({ server, url });
  });
  return url;
}

async function makeDatabase(server: string): Promise<string> {
  const name = `surety_test_${randomUUID().replaceAll('-', '')}`;
  await onServer((client) => client.query(`create database ${name} template template0`), server);
  return Object.assign(new URL(server), { pathname: `/${name}` }).href;
}

afterAll(async () => {
  for (const { server, url } of free) {
    const name = new URL(url).pathname.slice(1);
    await onServer((client) => client.query(`drop database ${name} with (force)`), server);
  }
});

import type { PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../../bench/performance/processes.ts';
import { BoundedPool } from '../../../src/store/postgres/bounded-pool.ts';
import { StoreUnavailableError } from '../../../src/store/store.ts';
import { failureOf } from '../../support/models/refusal.ts';
import {
  endConnections,
  NO_POSTGRES,
  onServer,
  postgresDatabase,
  withPostgres,
} from '../../support/stores/postgres.ts';

function poolOn(connectionString: string, options: pg.PoolConfig = {}, silenceMs?: number): BoundedPool {
  const pool = new BoundedPool({ connectionString, ...options }, silenceMs);
  onTestFinished(() => pool.end());
  return pool;
}

async function failsIn(client: PostgresPoolClient, sql: string): Promise<unknown> {
  const error = await failureOf(() => client.query(sql, []));
  client.release();
  return error;
}

describe.skipIf(NO_POSTGRES)(withPostgres('the pool of the store on Postgres'), () => {
  it('passes on what is the fault of a query, and goes on with the connection', async () => {
    const pool = poolOn(await postgresDatabase().url(), { max: 1 });
    const error = await failsIn(await pool.connect(), 'select 1 / 0');
    expect(error).toBeInstanceOf(pg.DatabaseError);
    expect(error).toMatchObject({ code: '22012' });
    const client = await pool.connect();
    expect((await client.query('select 1 as one', [])).rows).toEqual([{ one: 1 }]);
    client.release();
  });

  it('calls the store unavailable when the time of a statement runs out', async () => {
    const pool = poolOn(await postgresDatabase().url(), { statement_timeout: 50 });
    const error = await failsIn(await pool.connect(), 'select pg_sleep(10)');
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toMatchObject({ cause: { code: '57014' } });
  });

  it('gives up a connection on which nothing comes back', async () => {
    const pool = poolOn(await postgresDatabase().url(), { max: 1 }, 100);
    expect(await failsIn(await pool.connect(), 'select pg_sleep(10)')).toBeInstanceOf(StoreUnavailableError);
    const client = await pool.connect(); // the one connection that may be is another now
    await client.query('select 1', []);
    client.release();
  });

  it.each(['while it is used', 'while it is not used'])(
    'calls the store unavailable when a connection is lost %s, and makes another',
    async (when) => {
      const url = await postgresDatabase().url();
      const pool = poolOn(url, { max: 1 });
      const client = await pool.connect();
      await client.query('begin', []);
      if (when === 'while it is not used') client.release();
      await endConnections(url);
      await new Promise((resolve) => setTimeout(resolve, 100)); // nobody hears of it, and that is no error yet
      if (when === 'while it is used') {
        expect(await failsIn(client, 'select 1')).toBeInstanceOf(StoreUnavailableError);
      }
      const another = await pool.connect();
      await another.query('select 1', []);
      another.release();
    },
  );

  it('fails every query that runs when it is cut', async () => {
    const pool = poolOn(await postgresDatabase().url());
    const clients = await Promise.all([1, 2, 3].map(() => pool.connect()));
    const failing = Promise.all(clients.map((client) => failsIn(client, 'select pg_sleep(10)')));
    await new Promise((resolve) => setTimeout(resolve, 50));
    pool.cut();
    for (const error of await failing) expect(error).toBeInstanceOf(StoreUnavailableError);
  });

  it('gives out no connection that was cut while nobody used it', async () => {
    const pool = poolOn(await postgresDatabase().url());
    const clients = await Promise.all([1, 2, 3].map(() => pool.connect()));
    for (const client of clients) client.release();
    pool.cut();
    for (let time = 0; time < 3; time++) {
      const client = await pool.connect();
      expect((await client.query('select 1 as one', [])).rows).toEqual([{ one: 1 }]);
      client.release();
    }
  });

  it('gives out no connection again whose session takes no changes', async () => {
    const pool = poolOn(await postgresDatabase().url(), { max: 1 });
    const client = await pool.connect();
    await client.query('set default_transaction_read_only = on', []);
    expect(await failsIn(client, 'create table t ()')).toMatchObject({ cause: { code: '25006' } });
    const another = await pool.connect();
    await another.query('create table t ()', []);
    another.release();
  });

  it('calls the store unavailable when the server takes no connection from this user', async () => {
    const url = await postgresDatabase().url();
    const role = `surety_none_${process.pid}`;
    await onServer((client) => client.query(`create role ${role} login connection limit 0`), url);
    onTestFinished(async () => void (await onServer((client) => client.query(`drop role ${role}`))));
    const pool = poolOn(Object.assign(new URL(url), { username: role }).href);
    expect(await failureOf(() => pool.connect())).toMatchObject({
      name: 'StoreUnavailableError',
      cause: { code: '53300' },
    });
  });
});

it('calls the store unavailable when there is no server', async () => {
  const pool = poolOn(`postgres://postgres@127.0.0.1:${await freePort()}/postgres`);
  expect(await failureOf(() => pool.connect())).toMatchObject({
    name: 'StoreUnavailableError',
    cause: { code: 'ECONNREFUSED' },
  });
});

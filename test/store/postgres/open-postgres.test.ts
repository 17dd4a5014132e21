import { describe, expect, it, onTestFinished } from 'vitest';
import { openPostgres } from '../../../src/store/postgres/open-postgres.ts';
import type { Store } from '../../../src/store/store.ts';
import { failureOf } from '../../support/models/refusal.ts';
import { looseKey } from '../../support/process/keys.ts';
import { memoryLog } from '../../support/process/memory-log.ts';
import { until } from '../../support/process/process.ts';
import { checksums, noisePart, partsOf } from '../../support/stores/databases.ts';
import {
  connection,
  endConnections,
  NO_POSTGRES,
  onServer,
  postgresDatabase,
  withPostgres,
} from '../../support/stores/postgres.ts';

const parts = partsOf({ labels: noisePart(40), features: noisePart(2_500_000) });
const insert = ({ models }: Store, name: string, digest: string) =>
  models.insert({ name, digest, createdAt: '2026-08-01T12:00:00.000Z', parts }, () => true);

const unavailable = expect.objectContaining({ name: 'StoreUnavailableError' });

describe.skipIf(NO_POSTGRES)(withPostgres('two stores on one Postgres database'), () => {
  it('bring an empty database up to date at the same time', async () => {
    for (let round = 0; round < 3; round++) {
      const url = await postgresDatabase().url();
      const stores = [1, 2, 3].map(() => openPostgres(url, memoryLog().log));
      for (const store of stores) onTestFinished(() => store.close());
      await Promise.all(stores.map((store) => store.migrate()));
      for (const store of stores) expect(await store.models.list()).toEqual([]);
    }
  });

  it('number what they take at the same time one after the other, and lose nothing', async () => {
    const base = postgresDatabase();
    const stores = [await base.openStore(), await base.openStore()];
    const inserted = await Promise.all(
      Array.from({ length: 12 }, (_, k) => insert(stores[k % 2]!, 'm', `digest ${k >> 1}${k % 4}`)),
    );
    expect(inserted.map(({ version }) => version).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, k) => k + 1),
    );
    for (const { models } of stores) {
      expect((await models.list()).map(({ digest }) => digest).sort()).toEqual(
        inserted.map(({ digest }) => digest).sort(),
      );
      expect(checksums(await models.read('m', 12))).toEqual(checksums(parts));
    }
  });

  it('number them so where the database would rather have transactions one after the other', async () => {
    const base = postgresDatabase();
    const url = await base.url();
    const database = new URL(url).pathname.slice(1);
    const isolation = (value: string) => `alter database ${database} ${value}`;
    onTestFinished(async () => {
      await onServer((client) => client.query(isolation('reset default_transaction_isolation')));
    });
    await onServer((client) => client.query(isolation('set default_transaction_isolation = serializable')));
    const stores = [await base.openStore(), await base.openStore()];
    const small = partsOf({ labels: noisePart(40) });
    const put = ({ models }: Store, digest: string) =>
      models.insert({ name: 'm', digest, createdAt: '2026-08-01T12:00:00.000Z', parts: small }, () => true);
    const inserted = await Promise.all(
      Array.from({ length: 8 }, (_, k) => put(stores[k % 2]!, `digest ${k}`)),
    );
    expect(inserted.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('store a content once that both are given', async () => {
    const base = postgresDatabase();
    const stores = [await base.openStore(), await base.openStore()];
    for (let round = 1; round <= 5; round++) {
      const inserted = await Promise.all(
        [...stores, ...stores].map((store) => insert(store, 'm', `digest ${round}`)),
      );
      expect(inserted.map(({ version }) => version)).toEqual([round, round, round, round]);
      expect(inserted.filter(({ created }) => created)).toHaveLength(1);
    }
  });
});

describe.skipIf(NO_POSTGRES)(withPostgres('a store on Postgres'), () => {
  it('is read, and takes other names, while an insert is going on', async () => {
    const base = postgresDatabase();
    const store = await base.openStore();
    await insert(store, 'm', 'first');
    const other = await connection(await base.url());
    await other.query("begin; update name set last_version = last_version where name = 'm'");
    const inserting = insert(store, 'm', 'second'); // waits for the other transaction
    await insert(store, 'n', 'first');
    expect((await store.models.list()).map(({ name, version }) => `${name}${version}`)).toEqual(['m1', 'n1']);
    expect(checksums(await store.models.read('m', 1))).toEqual(checksums(parts));
    await other.query('commit');
    expect((await inserting).version).toBe(2);
  });

  it('tells at once what others delete and revoke while registrations wait, however many', async () => {
    const base = postgresDatabase();
    const [store, other] = [await base.openStore(), await base.openStore()];
    const { stored: key } = looseKey();
    await other.keys.insert(key);
    for (const name of ['m', 'n']) await insert(other, name, 'first');
    const state = await store.keys.state();
    const holder = await connection(await base.url());
    await holder.query("begin; update name set last_version = last_version where name = 'm'");
    const waiting = Array.from({ length: 10 }, (_, k) => insert(store, 'm', `digest ${k}`));
    const settled = Promise.allSettled(waiting);
    const locks =
      "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    const watching = await connection(await base.url());
    await until(async () => (await watching.query(locks)).rowCount === 8, 'as many waiting as may');
    await other.models.delete('n');
    await other.keys.revoke(key.id, '2026-09-01T00:00:00.000Z');
    const begun = performance.now();
    expect((await store.models.list()).map(({ name }) => name)).toEqual(['m']);
    expect(checksums(await store.models.read('m', 1))).toEqual(checksums(parts));
    expect(await store.keys.state()).not.toBe(state);
    expect((await store.keys.list())[0]!.revokedAt).not.toBeNull();
    expect(performance.now() - begun).toBeLessThan(2000);
    await holder.query('commit');
    await settled;
  });

  it('leaves nothing of an insert whose connection is lost, and takes it the next time', async () => {
    const base = postgresDatabase();
    const store = await base.openStore();
    const other = await connection(await base.url());
    await other.query('begin; lock table chunk in exclusive mode'); // which can still be read
    const failure = failureOf(() => insert(store, 'm', 'first'));
    const blocked = "from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    await until(async () => (await other.query(`select 1 ${blocked}`)).rowCount === 1, 'writing');
    expect(await store.models.list()).toEqual([]);
    await other.query(`select pg_terminate_backend(pid) ${blocked}`);
    expect(await failure).toEqual(unavailable);
    await other.query('rollback');
    expect(await store.models.list()).toEqual([]);
    expect(await base.behind((db) => db.selectFrom('chunk').select('name').execute())).toEqual([]);
    expect(await insert(store, 'm', 'first')).toMatchObject({ version: 1, created: true });
  });

  it('goes on after all of its connections were ended', async () => {
    const base = postgresDatabase();
    const store = await base.openStore();
    await insert(store, 'm', 'first');
    await Promise.all([store.models.list(), store.models.list(), store.models.list()]);
    await endConnections(await base.url());
    await until(
      () =>
        store.models.list().then(
          (listed) => listed.length === 1,
          () => false,
        ),
      'back',
    );
  });

  it('deletes a version whole, with its parts', async () => {
    const base = postgresDatabase();
    const store = await base.openStore();
    for (const digest of ['first', 'second']) await insert(store, 'm', digest);
    expect(await store.models.delete('m', 1)).toEqual([1]);
    expect(await store.models.delete('m', 1)).toEqual([]);
    expect(await store.models.delete('m')).toEqual([2]);
    for (const table of ['model', 'blob', 'chunk'] as const)
      expect(await base.behind((db) => db.selectFrom(table).select('name').execute())).toEqual([]);
  });
});

describe('the URL of a database', () => {
  it('is refused where its parameters cannot be used, and not shown', async () => {
    const url = 'postgres://surety:geheim@db.example/surety?sslmode=verify-full&sslrootcert=/nowhere/ca.pem';
    const failure = await failureOf(() => openPostgres(url, memoryLog().log));
    expect(failure).toMatchObject({ code: 'ENOENT' });
    for (const secret of ['geheim', 'db.example']) expect(String(failure)).not.toContain(secret);
  });

  it('is in no error and no log line, nor is its password', async () => {
    const { log, text } = memoryLog();
    const store = openPostgres('postgres://surety:geheim@127.0.0.1:1/surety?x=y', log);
    onTestFinished(() => store.close());
    store.watch(() => {});
    const failure = await failureOf(() => store.models.list());
    expect(failure).toEqual(unavailable);
    log.error({ err: (failure as Error).cause }, 'as a request that failed would be logged');
    await until(() => text().includes('the store does not answer'), 'logged');
    for (const secret of ['geheim', 'postgres://', 'x=y']) expect(text()).not.toContain(secret);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openPostgres } from '../../../src/store/postgres/open-postgres.ts';
import { Watcher } from '../../../src/store/postgres/watcher.ts';
import { failureOf } from '../../support/models/refusal.ts';
import { memoryLog } from '../../support/process/memory-log.ts';
import { until } from '../../support/process/process.ts';
import { noisePart, partsOf } from '../../support/stores/databases.ts';
import {
  connection,
  endConnections,
  NO_POSTGRES,
  onServer,
  postgresDatabase,
  withPostgres,
} from '../../support/stores/postgres.ts';
import { tcpProxy } from '../../support/stores/tcp-proxy.ts';

const model = (digest: string) => ({
  name: 'm',
  digest,
  createdAt: '2026-08-01T12:00:00.000Z',
  parts: partsOf({ labels: noisePart(40) }),
});
const always = () => true;
const unavailable = expect.objectContaining({ name: 'StoreUnavailableError' });

/** A store that is watched, over a network that can fail, with when it called back. */
async function watched() {
  const base = postgresDatabase();
  const other = await base.openStore();
  const url = new URL(await base.url());
  const proxy = await tcpProxy(Number(url.port || 5432));
  const { log, messages } = memoryLog();
  const direct = url.href;
  const store = openPostgres(Object.assign(url, { hostname: '127.0.0.1', port: proxy.port }).href, log);
  onTestFinished(() => store.close());
  const calls: number[] = [];
  store.watch(() => calls.push(performance.now()));
  const nextCall = async () => {
    const before = calls.length;
    await until(() => calls.length > before, 'called back');
  };
  await nextCall();
  return { store, other, proxy, messages, calls, nextCall, url: direct };
}

function hold(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

/** How many milliseconds until something is so. */
async function timeUntil(condition: () => boolean | Promise<boolean>, what: string): Promise<number> {
  const begun = performance.now();
  await until(condition, what);
  return performance.now() - begun;
}

describe.skipIf(NO_POSTGRES)(withPostgres('a watched store on Postgres'), () => {
  it('calls back at once when another process inserts or deletes, and every second anyhow', async () => {
    const { other, calls, nextCall } = await watched();
    for (const change of [
      () => other.models.insert(model('d'), always),
      () => other.models.insert(model('e'), always),
      () => other.models.delete('m', 1),
      () => other.models.delete('m'),
    ]) {
      await nextCall();
      await sleep(10);
      const before = calls.length;
      await change();
      const done = performance.now();
      await until(() => calls.length > before, 'called back');
      expect(calls.at(-1)! - done).toBeLessThan(800); // before it would have anyhow
    }
    calls.length = 0;
    await until(() => calls.length === 3, 'called back');
    expect(calls[2]! - calls[0]!).toBeLessThan(3000);
    expect(calls[2]! - calls[0]!).toBeGreaterThan(1500);
  });

  it('tells nobody of an insert that finds its content there', async () => {
    const { other, url } = await watched();
    await other.models.insert(model('d'), always);
    const listener = await connection(url);
    let notices = 0;
    listener.on('notification', () => notices++);
    await listener.query('listen surety');
    await other.models.insert(model('d'), always);
    await other.models.insert(model('e'), always);
    await until(() => notices > 0, 'noticed');
    expect(notices).toBe(1);
  });

  it('goes on without an outage when its connection is ended', async () => {
    const { other, store, calls, messages, nextCall, url } = await watched();
    await endConnections(url);
    expect(await timeUntil(() => calls.length > 1, 'called back')).toBeLessThan(2000);
    await nextCall();
    await other.models.list().catch(() => {}); // its connection was ended too
    await nextCall();
    await sleep(10);
    const before = calls.length;
    await other.models.insert(model('d'), always);
    expect(await timeUntil(() => calls.length > before, 'called back')).toBeLessThan(800);
    expect([store.outage, messages()]).toEqual([null, []]);
  });

  it('notices a server that falls silent, fails what waits for it, and recovers by itself', async () => {
    const { store, proxy, messages, calls } = await watched();
    await Promise.all([1, 2, 3].map(() => store.models.list()));
    const failed = async (act: () => Promise<unknown>) => {
      const begun = performance.now();
      expect(await failureOf(act)).toEqual(unavailable);
      return performance.now() - begun;
    };
    proxy.swallow();
    const times = await Promise.all([
      failed(() => store.models.list()),
      failed(() => store.models.insert(model('d'), always)),
      failed(() => store.models.delete('m')),
    ]);
    for (const time of times) expect(time).toBeLessThan(8000);
    await until(() => store.outage === 'the store does not answer', 'noticed');
    expect(await failed(() => store.models.insert(model('d'), always))).toBeLessThan(5000);
    const before = calls.length;
    proxy.forward();
    expect(await timeUntil(() => store.outage === null, 'back')).toBeLessThan(2000);
    expect(calls.length).toBeGreaterThan(before);
    expect(await store.models.insert(model('d'), always)).toMatchObject({ version: 1, created: true });
    expect(messages()).toEqual(['the store does not answer', 'the store answers again, and takes changes']);
  });

  it('gives up connections that fall silent while new ones work, with what waits for them', async () => {
    const { store, other, proxy, messages } = await watched();
    await store.models.insert(model('d'), always);
    await store.keys.state();
    proxy.forget();
    const begun = performance.now();
    const failures = [() => store.models.insert(model('e'), always), () => store.models.list()].map(
      failureOf,
    );
    await other.models.delete('m');
    for (const failure of failures) expect(await failure).toEqual(unavailable);
    expect(await store.models.list()).toEqual([]);
    expect(await store.models.insert(model('e'), always)).toMatchObject({ version: 2 });
    expect(performance.now() - begun).toBeLessThan(5000);
    expect([store.outage, messages()]).toEqual([null, []]);
  });

  it('does not take it for silence when this process was busy while the answer came', async () => {
    const base = postgresDatabase();
    await base.openStore();
    const { query } = pg.Client.prototype;
    let held = false;
    vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (
      this: pg.Client,
      ...given: unknown[]
    ) {
      const answer = Reflect.apply(query, this, given);
      if (!held && String(given[0]).startsWith('select current_setting')) {
        held = true;
        setImmediate(hold, 2300); // before anything can arrive, and longer than an answer may take
      }
      return answer;
    });
    onTestFinished(() => void vi.restoreAllMocks());
    let [calls, cuts] = [0, 0];
    const watcher = new Watcher({ connectionString: await base.url() }, memoryLog().log, () => cuts++);
    onTestFinished(() => watcher.close());
    void watcher.run(() => calls++);
    await until(() => held && calls > 0, 'going on');
    expect(cuts).toBe(0);
  });

  it('notices a database that takes no changes, as after a failover, and still reads it', async () => {
    const { store, messages, url } = await watched();
    await store.models.insert(model('d'), always);
    const database = new URL(url).pathname.slice(1);
    const readOnly = (value: string) =>
      onServer((client) => client.query(`alter database ${database} ${value} default_transaction_read_only`));
    onTestFinished(async () => void (await readOnly('reset')));
    await onServer((client) =>
      client.query(`alter database ${database} set default_transaction_read_only = on`),
    );
    await endConnections(url);
    await until(() => store.outage === 'the store takes no changes', 'noticed');
    expect(await failureOf(() => store.models.insert(model('e'), always))).toEqual(unavailable);
    expect(await store.models.list()).toHaveLength(1);
    expect((await store.models.read('m', 1)).size).toBe(1);
    await readOnly('reset');
    expect(await timeUntil(() => store.outage === null, 'noticed')).toBeLessThan(2000);
    expect(await store.models.insert(model('e'), always)).toMatchObject({ version: 2 });
    expect(messages()).toEqual(['the store takes no changes', 'the store answers again, and takes changes']);
  });
});

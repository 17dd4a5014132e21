import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { syntheticLoans } from '../../examples/loans.ts';
import { application, LOANS, REGISTRATION } from '../support/models/loans.ts';
import { call, postJson, type RunningServer, until } from '../support/process/process.ts';
import { seen, startReplicas, timeUntilStatus } from '../support/process/replicas.ts';
import {
  connection,
  endConnections,
  NO_POSTGRES,
  postgresDatabase,
  withPostgres,
} from '../support/stores/postgres.ts';

/** What the issue allows. */
const SOON_MS = 2000;

const INSTANCES = [0, 1, 2, 3, 4].map(application);
const PARTITIONED = {
  ...REGISTRATION,
  name: 'parts',
  settings: { partitions: { count: 8, threat: 'labels' } },
};
const FEATURES = {
  ...REGISTRATION,
  name: 'fourier',
  settings: { features: { randomFourier: { components: 40, seed: 3 } } },
};

const certify = (model: string, more: object) => ({
  path: '/certify',
  body: { model, instances: INSTANCES, ...more },
});
const evaluation = {
  model: 'loans',
  instances: LOANS.map(({ outcome: _, ...loan }) => loan),
  labels: LOANS.map(({ outcome }) => outcome),
  compare: [{ lambda: { relative: 2 } }, { method: 'smoothed' }, { weights: 'sign' }],
};
const explain = {
  breakingSet: true,
  radius: true,
  reasons: 4,
  influentialRows: 3,
  invariantTo: ['owns_home', 'purpose'],
};

const REQUESTS: { path: string; body: object; accept?: string }[] = [
  certify('loans', { explain, require: { flips: 3 } }),
  certify('loans', { method: 'smoothed' }),
  certify('loans', { method: 'monte-carlo', monteCarlo: { samples: 2000, confidence: 0.99, seed: 7 } }),
  certify('loans', { threat: { rows: { column: 'purpose', in: ['car'] } } }),
  certify('parts', { method: 'partition' }),
  certify('parts', {}),
  certify('fourier', {}),
  certify('fourier', { method: 'smoothed' }),
  { path: '/evaluate', body: evaluation },
  { path: '/evaluate', body: evaluation, accept: 'image/svg+xml' },
];

/** Another content for another seed. */
const contentOf = (name: string, seed: number) => ({
  name,
  target: 'outcome',
  records: syntheticLoans(60, seed),
});

const register = async (server: RunningServer, body: object) => {
  const { status, text } = await postJson(server.url, '/models', body);
  return { status, version: JSON.parse(text).version as number };
};

describe.skipIf(NO_POSTGRES)(withPostgres('two replicas on one Postgres database'), () => {
  it('give the same bytes for the same request, as soon as both have the model', async () => {
    const [a, b] = await startReplicas(await postgresDatabase().url());
    for (const body of [REGISTRATION, PARTITIONED, FEATURES]) {
      expect((await register(a, body)).status).toBe(201);
      expect(await timeUntilStatus(b, `/models/${body.name}/versions/1`, 200)).toBeLessThan(SOON_MS);
    }
    for (const { path, body, accept = 'application/json' } of REQUESTS) {
      const [first, second] = await Promise.all(
        [a, b].map(({ url }) => postJson(url, path, body, { headers: { accept } })),
      );
      expect(first!.status, first!.text).toBe(200);
      expect(second!.text).toBe(first!.text);
    }
    for (const path of ['/models', '/models/loans', '/models/parts/versions/1', '/readyz'])
      expect(await seen(b, path)).toBe(await seen(a, path));
  });

  it('number what is registered at both at the same time, and lose nothing', async () => {
    const [a, b] = await startReplicas(await postgresDatabase().url());
    const registered = await Promise.all(
      Array.from({ length: 8 }, (_, k) => register(k % 2 === 0 ? a : b, contentOf('m', k))),
    );
    expect(registered.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(registered.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const server of [a, b])
      for (let version = 1; version <= 8; version++)
        expect(await timeUntilStatus(server, `/models/m/versions/${version}`, 200)).toBeLessThan(SOON_MS);
    expect(await seen(b, '/models/m')).toBe(await seen(a, '/models/m'));
  });

  it('lose none of fifty that are registered at once, and queue for as long as it takes', {
    timeout: 120_000,
  }, async () => {
    const url = await postgresDatabase().url();
    const [a, b] = await startReplicas(url);
    // The first of them holds the name for longer than a connection may take to be made.
    const holder = await connection(url);
    expect((await register(a, contentOf('m', 0))).version).toBe(1);
    await holder.query("begin; update name set last_version = last_version where name = 'm'");
    const burst = Array.from({ length: 50 }, (_, k) => register(k % 2 === 0 ? a : b, contentOf('m', k + 1)));
    await sleep(5000);
    await holder.query('commit');
    const registered = await Promise.all(burst);
    expect(registered.map(({ status }) => status)).toEqual(Array(50).fill(201));
    const versions = registered.map(({ version }) => version).sort((one, other) => one - other);
    expect(versions).toEqual(Array.from({ length: 50 }, (_, k) => k + 2));
  });

  it('make one version of a content that is registered at both at the same time', async () => {
    const [a, b] = await startReplicas(await postgresDatabase().url());
    for (let round = 1; round <= 4; round++) {
      const body = contentOf('m', round);
      const registered = await Promise.all([a, b, a, b].map((server) => register(server, body)));
      expect(registered.map(({ version }) => version)).toEqual(Array(4).fill(round));
      expect(registered.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    }
  });

  it('both stop to serve what is deleted at one of them, and register it anew', async () => {
    const [a, b] = await startReplicas(await postgresDatabase().url());
    for (const seed of [1, 2]) await register(a, contentOf('m', seed));
    await timeUntilStatus(b, '/models/m/versions/2', 200);
    expect((await call(a.url, 'DELETE', '/models/m/versions/1')).status).toBe(204);
    expect((await call(a.url, 'GET', '/models/m/versions/1')).status).toBe(404);
    expect(await timeUntilStatus(b, '/models/m/versions/1', 404)).toBeLessThan(SOON_MS);
    expect((await call(b.url, 'DELETE', '/models/m')).status).toBe(204);
    expect(await register(a, contentOf('m', 2))).toEqual({ status: 201, version: 3 }); // heard of it or not
    expect(await timeUntilStatus(b, '/models/m/versions/3', 200)).toBeLessThan(SOON_MS);
    const messages = b.log().map(({ msg, name, version }) => `${msg} ${name} ${version}`);
    expect(messages).toContain('model of another replica is loaded m 3');
    expect(messages).toContain('model was deleted by another replica m 1');
  });

  it('have each content once that is sent until it is taken, while connections are ended again and again', async () => {
    const url = await postgresDatabase().url();
    const [a, b] = await startReplicas(url);
    const statuses: number[] = [];
    const send = async (server: RunningServer, seed: number) => {
      for (;;) {
        const { status, version } = await register(server, contentOf('m', seed));
        statuses.push(status);
        if (status !== 503) return version;
      }
    };
    let disturbing = true; // for a while: on a slow machine no registration would ever end between two of them
    const disturbed = (async () => {
      for (let times = 0; times < 15; times++) {
        await sleep(120);
        await endConnections(url);
      }
      disturbing = false;
    })();
    const versions: number[] = [];
    const worker = async (server: RunningServer, first: number) => {
      for (let seed = first; seed < 16 || disturbing; seed += 4) versions.push(await send(server, seed));
    };
    await Promise.all([disturbed, worker(a, 0), worker(b, 1), worker(a, 2), worker(b, 3)]);
    expect(statuses).toContain(503);
    const models = versions.length;
    expect(new Set(versions).size).toBe(models);
    for (const server of [a, b]) {
      const all = async () =>
        JSON.parse((await call(server.url, 'GET', '/models')).text).models.length === models;
      await until(all, 'in agreement');
    }
    expect(await seen(b, '/models/m')).toBe(await seen(a, '/models/m'));
    expect(JSON.parse((await call(a.url, 'GET', '/readyz')).text)).toMatchObject({ models, damaged: [] });
  });

  it('learn of a change without a notice', async () => {
    const base = postgresDatabase();
    const [a, b] = await startReplicas(await base.url());
    await register(a, contentOf('m', 1));
    await timeUntilStatus(b, '/models/m', 200);
    await base.behind((db) =>
      db.transaction().execute(async (transaction) => {
        for (const table of ['name', 'model', 'blob', 'chunk'] as const)
          await transaction.updateTable(table).set({ name: 'n' }).execute();
      }),
    );
    for (const server of [a, b]) {
      expect(await timeUntilStatus(server, '/models/n/versions/1', 200)).toBeLessThan(SOON_MS);
      expect((await call(server.url, 'GET', '/models/m')).status).toBe(404);
    }
  });
});

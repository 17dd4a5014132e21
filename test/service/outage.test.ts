import http from 'node:http';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../bench/performance/processes.ts';
import { application, REGISTRATION } from '../support/models/loans.ts';
import {
  call,
  postJson,
  type RunningServer,
  spawnServer,
  startServer,
  until,
} from '../support/process/process.ts';
import { readMetrics, sampleOf } from '../support/process/prometheus.ts';
import { keepCalling, timeUntilStatus } from '../support/process/replicas.ts';
import { temporaryFolder } from '../support/process/service.ts';
import { onServer } from '../support/stores/postgres.ts';
import { type Cluster, NO_CLUSTER, temporaryCluster } from '../support/stores/postgres-cluster.ts';

/** Writes answer, with an error, within some seconds; and all is well again so soon after the database is back. */
const PROMPT_MS = 5000;
const SOON_MS = 2000;

const onCluster = ({ url }: Cluster) => ({ SURETY_DATABASE_URL: url });
const another = (name: string) => ({ ...REGISTRATION, name });
const CERTIFY = { model: 'loans', instances: [application(0), application(1)] };
const THREAT = { ...CERTIFY, threat: { rows: { column: 'purpose', in: ['car'] } } };

async function readiness(server: { readonly url: string }) {
  const { status, text } = await call(server.url, 'GET', '/readyz');
  return { status, ...JSON.parse(text) };
}

/** What the metrics say: whether it is ready, and whether the store is available. */
async function gauges({ url }: { readonly url: string }) {
  const metrics = readMetrics((await call(url, 'GET', '/metrics')).text);
  return ['surety_ready', 'surety_store_available'].map((name) => sampleOf(metrics, name));
}

/** How many milliseconds until /readyz has this in its `status` member. */
async function timeUntilReadyz(server: RunningServer, status: string): Promise<number> {
  const begun = performance.now();
  const saying = async () => (await call(server.url, 'GET', '/readyz')).text.includes(`"status":"${status}"`);
  await until(saying, status);
  return performance.now() - begun;
}

describe.skipIf(NO_CLUSTER)(`a database that stops${NO_CLUSTER ? ` (skipped: ${NO_CLUSTER})` : ''}`, () => {
  it('does not stop serving; writes fail in time, and all recovers by itself', {
    timeout: 120_000,
  }, async () => {
    const cluster = await temporaryCluster();
    const server = await startServer(temporaryFolder(), onCluster(cluster));
    for (const name of ['loans', 'other'])
      expect((await postJson(server.url, '/models', another(name))).status).toBe(201);
    const agent = new http.Agent({ keepAlive: true });
    const load = keepCalling(() => postJson(server.url, '/certify', CERTIFY, { agent }), 4);
    const expected = (await postJson(server.url, '/certify', CERTIFY)).text;
    const list = (await call(server.url, 'GET', '/models')).text;

    for (let outage = 1; outage <= 2; outage++) {
      await cluster.stop();
      expect(await timeUntilReadyz(server, 'degraded')).toBeLessThan(SOON_MS);
      expect(await readiness(server)).toEqual({
        status: 'degraded',
        reasons: ['the store does not answer'],
        models: 1 + outage,
        damaged: [],
      });
      expect(await gauges(server)).toEqual([1, 0]);
      for (const write of [
        () => postJson(server.url, '/models', another(`new ${outage}`.replace(' ', '-'))),
        () => postJson(server.url, '/models', REGISTRATION), // whose content is there, as far as is known
        () => call(server.url, 'DELETE', '/models/loans'),
        () => call(server.url, 'DELETE', '/models/other/versions/1'),
      ]) {
        const begun = performance.now();
        const { status, headers, text } = await write();
        expect(performance.now() - begun).toBeLessThan(PROMPT_MS);
        expect([status, headers['retry-after'], JSON.parse(text).code]).toEqual([503, '1', 'store_failed']);
        expect(text).toContain('asking again is safe');
      }
      if (outage === 1) {
        const { status, text } = await postJson(server.url, '/certify', THREAT);
        expect([status, JSON.parse(text).code]).toEqual([503, 'store_failed']);
        expect((await call(server.url, 'GET', '/models')).text).toBe(list);
      }
      expect((await postJson(server.url, '/certify', CERTIFY)).text).toBe(expected);

      await cluster.start();
      expect(await timeUntilReadyz(server, 'ready')).toBeLessThan(SOON_MS);
      expect(await gauges(server)).toEqual([1, 1]);
      const again = await postJson(server.url, '/models', another(`new-${outage}`));
      expect(again.status, again.text).toBe(201);
      expect((await postJson(server.url, '/certify', THREAT)).status).toBe(200);
    }

    const answers = await load.stop();
    agent.destroy();
    expect(answers.length).toBeGreaterThan(100);
    expect(answers.filter((answer) => answer !== 200)).toEqual([]);
    const told = server.log().filter(({ msg }) => String(msg).startsWith('the store'));
    expect(told.map(({ msg }) => msg)).toEqual([
      ...['the store does not answer', 'the store answers again, and takes changes'],
      ...['the store does not answer', 'the store answers again, and takes changes'],
    ]);
  });

  it('is waited for at the start', { timeout: 120_000 }, async () => {
    const cluster = await temporaryCluster();
    const first = await startServer(temporaryFolder(), onCluster(cluster));
    expect((await postJson(first.url, '/models', REGISTRATION)).status).toBe(201);
    await cluster.stop();
    const server = spawnServer({ SURETY_DATA_DIR: temporaryFolder(), ...onCluster(cluster) });
    const url = await server.listening;
    const waiting = { status: 503, code: 'not_ready', detail: 'the store has not answered yet' };
    expect(await readiness({ url })).toMatchObject(waiting);
    for (const answer of [
      await postJson(url, '/certify', CERTIFY),
      await postJson(url, '/models', REGISTRATION),
      await call(url, 'GET', '/models'),
    ])
      expect([answer.status, JSON.parse(answer.text).code]).toEqual([503, 'not_ready']);
    await until(() => server.stdout().includes('the store does not answer'), 'logged');
    expect(await gauges({ url })).toEqual([0, 0]);
    await cluster.start();
    expect(await timeUntilStatus({ url }, '/readyz', 200)).toBeLessThan(PROMPT_MS);
    expect((await gauges({ url }))[0]).toBe(1);
    const [expected, answer] = [
      await postJson(first.url, '/certify', CERTIFY),
      await postJson(url, '/certify', CERTIFY),
    ];
    expect([answer.status, answer.text]).toEqual([200, expected.text]);
    expect((await readiness({ url })).damaged).toEqual([]);
  });

  it('that wants another password is waited for, and the password that it was given is in no log line', {
    timeout: 120_000,
  }, async () => {
    const cluster = await temporaryCluster();
    const url = await cluster.user('surety', 'geheim');
    const server = spawnServer({
      SURETY_DATA_DIR: temporaryFolder(),
      LOG_LEVEL: 'trace',
      SURETY_DATABASE_URL: Object.assign(new URL(url), { password: 'geraten' }).href,
    });
    const address = { url: await server.listening };
    await until(() => server.stdout().includes('password authentication failed'), 'logged');
    expect(await readiness(address)).toMatchObject({ status: 503, code: 'not_ready' });
    await onServer((client) => client.query("alter role surety password 'geraten'"), cluster.url);
    expect(await timeUntilStatus(address, '/readyz', 200)).toBeLessThan(PROMPT_MS);
    expect((await postJson(address.url, '/models', REGISTRATION)).status).toBe(201);
    expect(server.stdout() + server.stderr()).not.toMatch(/geraten|postgres:\/\//);
    await startServer(temporaryFolder(), {
      SURETY_DATABASE_URL: Object.assign(new URL(url), { password: '' }).href,
      PGPASSWORD: 'geraten',
    });
  });
});

describe('a database that is not there', () => {
  it('does not hold up the end of a process that waits for it', async () => {
    const url = `postgres://postgres@127.0.0.1:${await freePort()}/postgres`;
    const server = spawnServer({ SURETY_DATA_DIR: temporaryFolder(), SURETY_DATABASE_URL: url });
    await server.listening;
    await until(() => server.stdout().includes('the store does not answer'), 'logged');
    server.child.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.stderr()).toBe('');
  });
});

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/errors.ts';
import { application } from '../support/models/loans.ts';
import { watchWorkers } from '../support/models/points.ts';
import { until } from '../support/process/process.ts';
import { type Family, readMetrics, sampleOf } from '../support/process/prometheus.ts';
import { register } from '../support/process/provocations.ts';
import { sendRaw } from '../support/process/raw.ts';
import {
  type Service,
  type ServiceOptions,
  startService,
  temporaryFolder,
} from '../support/process/service.ts';

/** Keeps a worker busy for seconds, unless it dies. */
const LONG = {
  model: 'loans',
  instances: Array(50).fill(application(0)),
  method: 'monte-carlo',
  monteCarlo: { samples: 1_000_000 },
};

const withMetrics = (options: ServiceOptions = {}) =>
  startService({ ...options, config: { metrics: 'open', ...options.config } });

async function scrape(service: Service): Promise<Map<string, Family>> {
  const { text } = await service.get('/metrics').expect(200);
  return readMetrics(text);
}

/** Asks until the metrics are as expected: a request is counted when its answer is out. */
async function eventually(service: Service, isSo: (metrics: Map<string, Family>) => boolean) {
  let metrics = await scrape(service);
  await until(async () => {
    metrics = await scrape(service);
    return isSo(metrics);
  }, 'counted');
  return metrics;
}

const REQUESTS = 'surety_http_request_duration_seconds_count';

describe('GET /metrics', () => {
  it('is there by default, in the text format of Prometheus', async () => {
    const service = await startService();
    const { headers } = await service.get('/metrics').expect(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('is not there when metrics are off, and nothing is counted', async () => {
    const service = await startService({ config: { metrics: 'off' } });
    const { body } = await service.get('/metrics').expect(404);
    expect(body.code).toBe('not_found');
    await register({})(service).expect(201);
    await service
      .post('/certify')
      .send({ model: 'loans', instances: [application(0)] })
      .expect(200);
  });

  it('has every count from the start, at 0, so that the first failure is an increase', async () => {
    const metrics = await scrape(await withMetrics());
    const started = (name: string) =>
      metrics.get(name)!.samples.map(({ labels, value }) => ({ ...labels, value }));
    const zero = (label: string, values: readonly string[]) =>
      values.map((one) => ({ [label]: one, value: 0 }));
    expect(started('surety_problems_total')).toEqual(zero('code', Object.keys(ERRORS)));
    expect(started('surety_store_errors_total')).toEqual(
      zero('operation', [
        ...['list', 'insert', 'read', 'readPart', 'delete'],
        ...['keys.list', 'keys.state', 'keys.insert', 'keys.revoke'],
      ]),
    );
    expect(started('surety_worker_deaths_total')).toEqual([{ value: 0 }]);
    expect(started('surety_refusals_total')).toContainEqual({ code: 'wrong_type', value: 0 });
    expect(started('surety_instances_total')).toContainEqual({
      method: 'partition',
      outcome: 'refused',
      value: 0,
    });
  });

  it('tells whether the process is ready, from the start until it stops', async () => {
    const service = await withMetrics({ load: false });
    const ready = async () => sampleOf(await scrape(service), 'surety_ready');
    expect(await ready()).toBe(0);
    await service.app.models.load();
    expect(await ready()).toBe(1);
    service.app.draining = true;
    expect(await ready()).toBe(0);
  });

  it('counts what is no HTTP with the problems', async () => {
    const service = await withMetrics();
    expect((await sendRaw(service.url, ['tell me\r\n\r\n'])).status).toBe(400);
    expect(sampleOf(await scrape(service), 'surety_problems_total', { code: 'malformed_http' })).toBe(1);
  });

  it('counts requests by route and status, those that no route takes together', async () => {
    const service = await withMetrics();
    await register({})(service).expect(201);
    for (const version of [1, 1, 7, 8]) await service.get(`/models/loans/versions/${version}`);
    for (let k = 0; k < 20; k++)
      await fetch(`${service.url}/nowhere-${k}?k=${k}`, { method: k % 2 ? 'GET' : 'PUT' });
    await service.post('/certify').set('content-type', 'application/json').send('{').expect(400);
    const certify = { method: 'POST', route: '/certify', status: '400' };
    const metrics = await eventually(service, (all) => sampleOf(all, REQUESTS, certify) === 1);
    const counts = metrics
      .get('surety_http_request_duration_seconds')!
      .samples.filter(({ name, labels }) => name === REQUESTS && labels.route !== '/metrics')
      .map(({ labels, value }) => [labels.method, labels.route, labels.status, value].join(' '));
    expect(counts.sort()).toEqual([
      'GET /models/:name/versions/:version 200 2',
      'GET /models/:name/versions/:version 404 2',
      'GET none 404 10',
      'POST /certify 400 1',
      'POST /models 201 1',
      'PUT none 404 10',
    ]);
    const problem = (code: string) => sampleOf(metrics, 'surety_problems_total', { code });
    expect([problem('version_not_found'), problem('not_found'), problem('malformed_json')]).toEqual([
      2, 20, 1,
    ]);
    const seconds = sampleOf(metrics, 'surety_http_request_duration_seconds_sum', certify)!;
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(10);
  });

  it('counts instances, refusals, certified flips and batches as they were answered', async () => {
    const service = await withMetrics();
    await register({})(service).expect(201);
    const instances = [application(0), application(1), { ...application(2), amount: 'much' }, {}];
    const exact = await service.post('/certify').send({ model: 'loans', instances }).expect(200);
    const smoothed = { model: 'loans', method: 'smoothed', noise: { q: 0.49 }, instances: [application(0)] };
    const noisy = (await service.post('/certify').send(smoothed).expect(200)).body.results[0];
    const metrics = await scrape(service);
    const count = (method: string, outcome: string) =>
      sampleOf(metrics, 'surety_instances_total', { method, outcome });
    expect(['certified', 'refused', 'abstained'].map((outcome) => count('exact', outcome))).toEqual([
      2, 2, 0,
    ]);
    expect(count('smoothed', noisy.abstained ? 'abstained' : 'certified')).toBe(1);
    for (const code of ['wrong_type', 'missing_column'])
      expect(sampleOf(metrics, 'surety_refusals_total', { code }), code).toBe(1);
    for (const method of ['exact', 'smoothed'])
      expect(sampleOf(metrics, 'surety_certify_duration_seconds_count', { method }), method).toBe(1);

    const certificates = [...exact.body.results, noisy].flatMap(({ certificate }) => certificate ?? []);
    const flips: number[] = certificates.map((certificate) => certificate.flips);
    const model = { model: 'loans', version: '1' };
    expect(sampleOf(metrics, 'surety_certified_flips_count', model)).toBe(flips.length);
    expect(sampleOf(metrics, 'surety_certified_flips_sum', model)).toBe(flips.reduce((a, b) => a + b));
    for (const bound of [0, 1, 2, 4, 8, 16, 2 ** 20]) {
      const below = flips.filter((one) => one <= bound).length;
      const labels = { le: String(bound), ...model };
      expect(sampleOf(metrics, 'surety_certified_flips_bucket', labels), String(bound)).toBe(below);
    }
    for (const le of ['30', '120', '300'])
      expect(sampleOf(metrics, 'surety_certify_duration_seconds_bucket', { le, method: 'exact' })).toBe(1);
    expect(sampleOf(metrics, 'surety_batch_instances_sum', { role: 'main' })).toBe(5);
    expect(sampleOf(metrics, 'surety_batch_duration_seconds_count', { role: 'main' })).toBe(2);
    expect(sampleOf(metrics, 'surety_models', { state: 'loaded' })).toBe(1);
    const { features, rows } = (await service.get('/models/loans/versions/1')).body;
    const least = 4 * rows * features + 4 * features * (features + 1) + 8 * features + 4 * rows;
    expect(sampleOf(metrics, 'surety_models_memory_bytes')).toBe(least);
  });

  it('counts the time of a POST /certify that runs out of it', async () => {
    const service = await withMetrics({ config: { requestTimeoutMs: 200 } });
    await register({})(service).expect(201);
    expect((await service.post('/certify').send(LONG).expect(503)).body.code).toBe('timed_out');
    const labels = { method: 'monte-carlo' };
    const metrics = await scrape(service);
    expect(sampleOf(metrics, 'surety_certify_duration_seconds_count', labels)).toBe(1);
    expect(sampleOf(metrics, 'surety_certify_duration_seconds_sum', labels)).toBeGreaterThan(0.15);
  });

  it('drops the flips of a model that is deleted, also when it was being asked meanwhile', async () => {
    const service = await withMetrics({ config: { workers: 1 } });
    for (const name of ['loans', 'kept']) await register({ name })(service).expect(201);
    const ask = (body: object) => service.post('/certify').send({ instances: [application(0)], ...body });
    for (const model of ['loans', 'kept']) await ask({ model }).expect(200);
    const models = async () =>
      (await scrape(service))
        .get('surety_certified_flips')!
        .samples.filter(({ name }) => name.endsWith('_count'))
        .map(({ labels }) => labels.model);
    expect(await models()).toEqual(['loans', 'kept']);
    const late = ask({ ...LONG, monteCarlo: { samples: 5000 } }).then(({ status }) => status);
    await sleep(50);
    await service.delete('/models/loans').expect(204);
    expect(await models()).toEqual(['kept']);
    expect(await late).toBe(200);
    expect(await models()).toEqual(['kept']);
    await register({})(service).expect(201); // as version 2
    await ask({ model: 'loans' }).expect(200);
    const [again] = (await scrape(service)).get('surety_certified_flips')!.samples.slice(-1);
    expect(again).toMatchObject({ labels: { model: 'loans', version: '2' }, value: 1 });
  });

  it('tells how many instances wait, and of workers that die', async () => {
    const started = watchWorkers();
    const service = await withMetrics({ config: { workers: 1 } });
    await register({})(service).expect(201);
    const headers = { 'content-type': 'application/json' };
    const patience = new AbortController();
    const { signal } = patience;
    const ask = () =>
      fetch(`${service.url}/certify`, { method: 'POST', headers, body: JSON.stringify(LONG), signal });
    const [first, ...others] = [ask(), ask(), ask()];
    await eventually(service, (all) => sampleOf(all, 'surety_queue_instances')! > 0);
    await until(() => started.length === 1, 'started');
    await started[0]!.terminate();
    await until(() => started.length === 2, 'replaced');
    expect((await first!).status).toBe(503);
    const metrics = await scrape(service);
    expect(sampleOf(metrics, 'surety_worker_deaths_total')).toBe(1);
    patience.abort();
    await Promise.allSettled(others);
  });

  it('tells of damaged models and of operations of the store that failed', async () => {
    const dataDir = temporaryFolder();
    const before = await startService({ dataDir });
    for (const name of ['loans', 'damaged']) await register({ name })(before).expect(201);
    await before.stop();
    const database = new Database(join(dataDir, 'surety.sqlite'));
    database.exec(
      "UPDATE chunk SET data = zeroblob(length(data)) WHERE name = 'damaged' AND part = 'labels'",
    );
    database.close();

    const service = await withMetrics({ dataDir });
    const models = (state: string) => ['surety_models', { state }] as const;
    const metrics = await scrape(service);
    expect([sampleOf(metrics, ...models('loaded')), sampleOf(metrics, ...models('damaged'))]).toEqual([1, 1]);
    await service.closeStore();
    await register({ name: 'new' })(service).expect(503);
    await service.delete('/models/loans').expect(503);
    await service.delete('/models/loans').expect(503);
    const failed = await scrape(service);
    const errors = failed.get('surety_store_errors_total')!.samples;
    const failures = errors.filter(({ value }) => value > 0);
    expect(failures.map(({ labels, value }) => [labels.operation, value])).toEqual([
      ['insert', 1],
      ['delete', 2],
    ]);
    expect(sampleOf(failed, 'surety_problems_total', { code: 'store_failed' })).toBe(3);
  });

  it('is of one application, though there are several in the process', async () => {
    const [first, second] = [await withMetrics(), await withMetrics()];
    await register({})(first).expect(201);
    expect(sampleOf(await scrape(first), 'surety_models', { state: 'loaded' })).toBe(1);
    const other = await scrape(second);
    expect(sampleOf(other, 'surety_models', { state: 'loaded' })).toBe(0);
    expect(sampleOf(other, REQUESTS, { method: 'POST', route: '/models', status: '201' })).toBeUndefined();
    expect(sampleOf(other, 'process_resident_memory_bytes')).toBeGreaterThan(0);
  });
});

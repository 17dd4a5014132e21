import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { application } from '../support/models/loans.ts';
import { pointsOf } from '../support/models/points.ts';
import { type CollectedSpan, startCollector, tracesTo } from '../support/process/collector.ts';
import { until } from '../support/process/process.ts';
import { register } from '../support/process/provocations.ts';
import { type Service, startService } from '../support/process/service.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const SAMPLED = `00-${TRACE}-${PARENT}-01`;
const SERVER = 2;

type LogLine = Record<string, unknown>;

async function traced(config: Partial<Config>) {
  const lines: LogLine[] = [];
  const log = { write: (line: string) => void lines.push(JSON.parse(line)) };
  return { service: await startService({ config, log }), lines };
}

const certify = (service: Service, body: object, traceparent?: string) => {
  const asked = service.post('/certify').send(body);
  return traceparent === undefined ? asked : asked.set('traceparent', traceparent);
};

const named = (spans: readonly CollectedSpan[], name: string) => spans.filter((span) => span.name === name);

/** Every span but the roots lies within its parent, which is there. Returns those of the requests. */
function expectNested(spans: readonly CollectedSpan[]): CollectedSpan[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  for (const span of spans.filter(({ kind }) => kind !== SERVER)) {
    const parent = byId.get(span.parentSpanId!)!;
    expect(parent.traceId).toBe(span.traceId);
    expect(span.began).toBeGreaterThanOrEqual(parent.began);
    expect(span.ended).toBeLessThanOrEqual(parent.ended);
    expect(span.ended).toBeGreaterThanOrEqual(span.began);
  }
  return spans.filter(({ kind }) => kind === SERVER);
}

/** Names of the spans below one, and of those below these. */
function tree(spans: readonly CollectedSpan[], root: CollectedSpan): Record<string, object> {
  const below = spans.filter(({ parentSpanId }) => parentSpanId === root.spanId);
  return Object.fromEntries(below.map((span) => [span.name, tree(spans, span)]));
}

const PHASES = { encode: {}, solve: {}, pass: {}, certificate: {} };

describe('a request that is traced', () => {
  it("has a span below its caller's, those of its batch below it, and the trace in each log line", async () => {
    const collector = await startCollector();
    const { service, lines } = await traced({ traces: collector.config });
    await register({})(service).expect(201);
    const began = Date.now();
    const body = { model: 'loans', instances: [application(0), application(1), {}] };
    await certify(service, body, SAMPLED)
      .set('x-request-id', 'mine-7')
      .set('tracestate', 'bank=7')
      .expect(200);
    await service.stop();

    const spans = collector.spans().filter(({ traceId }) => traceId === TRACE);
    const [request, ...others] = expectNested(spans);
    expect(others).toEqual([]);
    expect(request).toMatchObject({ name: 'POST /certify', parentSpanId: PARENT, error: false });
    expect(request!.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/certify',
      'http.response.status_code': 200,
      'surety.request_id': 'mine-7',
      'surety.model': 'loans',
      'surety.version': 1,
      'surety.rows': 3,
      'surety.refused': 1,
      'surety.abstained': 0,
      'surety.batches': 1,
    });
    expect(request!.began).toBeGreaterThanOrEqual(began);
    expect(request!.ended).toBeLessThanOrEqual(Date.now() + 1);
    expect(tree(spans, request!)).toEqual({ queue: {}, batch: PHASES });
    const [batch] = named(spans, 'batch');
    expect(batch!.attributes).toEqual({
      'surety.thread': 0,
      'surety.batch.requests': 1,
      'surety.batch.instances': 3,
      'surety.instances': 3,
    });
    expect(named(spans, 'queue')[0]!.ended).toBeCloseTo(batch!.began, 2);
    const phases = Object.keys(PHASES).map((phase) => named(spans, phase)[0]!);
    for (const [k, { attributes, began, ended }] of phases.entries()) {
      expect(attributes['surety.busy_ms']).toBeCloseTo(ended - began, 2); // none was interrupted
      if (k > 0) expect(began).toBeCloseTo(phases[k - 1]!.ended, 2);
    }

    const own = lines.filter(({ requestId }) => requestId === 'mine-7');
    expect(own.map(({ traceId }) => traceId)).toEqual([TRACE]);
    const registered = lines.find(({ route }) => route === '/models')!;
    expect(collector.spans().find(({ name }) => name === 'POST /models')!.traceId).toBe(registered.traceId);
    expect(registered.traceId).not.toBe(TRACE);
  });

  it('shows the batches of workers, shared and split', { timeout: 60_000 }, async () => {
    const collector = await startCollector();
    const { service } = await traced({ traces: collector.config, workers: 2 });
    const { features, labels, instances: ask } = pointsOf({ rows: 8200, columns: 4, classes: 2 });
    for (const [name, components] of [
      ['middling', 60],
      ['large', 250],
    ] as const) {
      const settings = { features: { randomFourier: { components } } }; // quick to send, and as large as it takes
      await service.post('/models').send({ name, features, labels, settings }).expect(201);
    }
    const instances = ask(20);
    await certify(service, { model: 'middling', instances }, SAMPLED).expect(200);
    await certify(service, { model: 'large', instances: instances.slice(0, 1) }).expect(200);
    // While the workers are busy with something else, the four come to wait together.
    const others = ask(1200);
    const evaluation = { model: 'large', instances: others, labels: others.map((_, k) => `c${k % 2}`) };
    const busy = service.post('/evaluate').send(evaluation).expect(200).then();
    await until(() => service.app.workers.waiting > 0, 'waiting');
    const shared = [0, 1, 2, 3].map(() => certify(service, { model: 'middling', instances }).expect(200));
    await Promise.all([busy, ...shared]);
    await sleep(50); // a helper's answer may come after the result that it helped to
    await service.stop();

    const spans = collector.spans();
    const requests = expectNested(spans).filter(({ name }) => name === 'POST /certify');
    expect(requests).toHaveLength(6);
    const [several, split, ...sharing] = requests;
    const { encode, solve, pass } = PHASES;
    expect(tree(spans, split!)).toEqual({ queue: {}, batch: PHASES, helper: { encode, solve, pass } });
    const ofSplit = spans.filter(
      ({ name, parentSpanId }) => name !== 'queue' && parentSpanId === split!.spanId,
    );
    expect(ofSplit.map(({ attributes }) => attributes['surety.thread']).sort()).toEqual([1, 2]);

    const batches = spans.filter(({ parentSpanId }) => parentSpanId === several!.spanId);
    expect(several).toMatchObject({ traceId: TRACE, attributes: { 'surety.batches': 2 } });
    expect(batches.map(({ name }) => name).sort()).toEqual(['batch', 'batch', 'queue']);
    for (const request of sharing) {
      const own = spans.filter(
        ({ name, parentSpanId }) => name === 'batch' && parentSpanId === request.spanId,
      );
      const instancesIn = own.reduce(
        (sum, { attributes }) => sum + Number(attributes['surety.instances']),
        0,
      );
      expect(instancesIn).toBe(20);
      for (const { attributes } of own) {
        expect(attributes['surety.batch.instances']).toBeGreaterThanOrEqual(
          Number(attributes['surety.instances']),
        );
      }
    }
    const company = named(spans, 'batch').some(
      ({ attributes }) => Number(attributes['surety.batch.requests']) > 1,
    );
    expect(company).toBe(true);
  });

  it('with more batches than can be shown, shows some and counts all', async () => {
    const collector = await startCollector();
    const { service } = await traced({ traces: collector.config, workers: 1 });
    const { features, labels, instances } = pointsOf({ rows: 1500, columns: 60, classes: 2 });
    await service.post('/models').send({ name: 'm', features, labels }).expect(201);
    await certify(service, { model: 'm', instances: instances(64 * 70) }, SAMPLED).expect(200);
    await service.stop();
    const [request] = collector.spans().filter(({ name }) => name === 'POST /certify');
    expect(request!.attributes['surety.batches']).toBeGreaterThan(64);
    expect(named(collector.spans(), 'batch')).toHaveLength(64);
  });

  it('is an error where the service failed or the client went, and not where the caller was wrong', async () => {
    const collector = await startCollector();
    const { service } = await traced({ traces: collector.config });
    await register({})(service).expect(201);
    await certify(service, { model: 'nobody', instances: [{}] }).expect(404);
    await fetch(`${service.url}/some/where?who=me`);
    const long = { method: 'monte-carlo', monteCarlo: { samples: 1_000_000 }, instances: [application(0)] };
    const patience = new AbortController();
    const gone = fetch(`${service.url}/certify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'loans', ...long }),
      signal: patience.signal,
    });
    await sleep(100);
    patience.abort();
    await expect(gone).rejects.toThrow();
    await service.closeStore();
    await register({ name: 'other' })(service).expect(503);
    await service.stop();
    const ended = expectNested(collector.spans()).map(({ name, error, attributes }) => {
      const { 'http.response.status_code': status, 'error.type': type } = attributes;
      return [name, status, error, type].join(' ');
    });
    expect(ended.sort()).toEqual([
      'GET 404 false ',
      'POST /certify  true aborted',
      'POST /certify 404 false ',
      'POST /models 201 false ',
      'POST /models 503 true store_failed',
    ]);
    expect(collector.text()).not.toMatch(/some|who=me/);
  });
});

describe('which requests are traced', () => {
  it.each([
    ['what its caller does not sample is not, but the log has the trace', {}, `00-${TRACE}-${PARENT}-00`, 0],
    ['none where the sampler says so', { name: 'always_off' }, SAMPLED, 0],
    [
      'those that the caller samples, whatever is done with others',
      { name: 'parentbased_always_off' },
      SAMPLED,
      1,
    ],
    ['a share of 0', { name: 'traceidratio', ratio: 0 }, SAMPLED, 0],
    ['a share of 1', { name: 'traceidratio', ratio: 1 }, SAMPLED, 1],
    ['a trace of its own where the header is none', {}, 'zanzibar', 1],
  ] as const)('%s', async (_what, sampler, traceparent, count) => {
    const collector = await startCollector(sampler);
    const { service, lines } = await traced({ traces: collector.config });
    await service.get('/livez').set('traceparent', traceparent).expect(200);
    await service.stop();
    expect(collector.spans()).toHaveLength(count);
    const { traceId } = lines.find(({ route }) => route === '/livez')!;
    expect(traceId).toMatch(traceparent === 'zanzibar' ? /^[0-9a-f]{32}$/ : TRACE);
    expect(collector.text()).not.toContain('zanzibar');
  });

  it('none where no collector is named, and no log line has a trace', async () => {
    const { service, lines } = await traced({});
    await service.get('/livez').set('traceparent', SAMPLED).expect(200);
    await service.stop();
    expect(lines.find(({ route }) => route === '/livez')).not.toHaveProperty('traceId');
  });
});

describe('the collector', () => {
  it('is sent the headers, and the attributes of the service', async () => {
    const collector = await startCollector();
    const config = {
      ...collector.config,
      headers: { 'x-token': 'a b' },
      serviceName: 'surety-test',
      resource: { 'deployment.environment.name': 'here' },
    };
    const { service } = await traced({ traces: config });
    await service.get('/livez').expect(200);
    await service.stop();
    expect(collector.headers()[0]).toMatchObject({ 'x-token': 'a b' });
    for (const value of ['surety-test', 'deployment.environment.name', 'here'])
      expect(collector.text()).toContain(`"${value}"`);
  });

  it('that refuses is told of once, and once when it takes spans again', async () => {
    const collector = await startCollector();
    const { service, lines } = await traced({ traces: collector.config });
    const said = () =>
      lines.filter(({ msg }) => /^spans are/.test(String(msg))).map(({ level, msg }) => `${level} ${msg}`);
    /** As many as are sent at once. */
    const fill = async () => {
      for (let k = 0; k < 32; k++)
        await Promise.all(Array.from({ length: 16 }, () => fetch(`${service.url}/livez`)));
    };
    collector.answer(400);
    await fill();
    await until(() => said().length === 1, 'said');
    await fill();
    await until(() => collector.headers().length === 2, 'sent again');
    collector.answer(200);
    await fill();
    await until(() => said().length === 2, 'said again');
    expect(said()).toEqual(['40 spans are not delivered', '30 spans are delivered again']);
  });

  it.each(['is not there', 'never answers'])(
    'that %s holds up neither requests nor the end',
    async (what) => {
      const silent = net.createServer().listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const { port } = silent.address() as net.AddressInfo;
      if (what === 'is not there') silent.close();
      else onTestFinished(() => void silent.close());
      const { service, lines } = await traced({ traces: tracesTo(`http://127.0.0.1:${port}`) });
      await register({})(service).expect(201);
      await certify(service, { model: 'loans', instances: [application(0)] }, SAMPLED).expect(200);
      const began = performance.now();
      await service.stop();
      expect(performance.now() - began).toBeLessThan(3000);
      expect(lines.filter(({ level }) => Number(level) >= 40).length).toBeLessThanOrEqual(1);
    },
  );
});

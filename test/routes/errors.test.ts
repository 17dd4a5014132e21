import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/errors.ts';
import { application, loansCsv, REGISTRATION } from '../support/models/loans.ts';
import { until } from '../support/process/process.ts';
import {
  certify,
  csv,
  evaluate,
  json,
  PROVOCATIONS,
  register,
  vectors,
} from '../support/process/provocations.ts';
import { type Service, startService } from '../support/process/service.ts';

const MODEL = JSON.stringify({ name: 'loans', target: 'outcome' });

const SECONDS_OF_WORK = {
  method: 'monte-carlo',
  monteCarlo: { samples: 20_000 },
  instances: Array(1000).fill(application(0)),
};

/** Waits until workers have begun with some instances and others wait. */
function instancesWait(service: Service): Promise<void> {
  return until(() => service.app.workers.waiting > 0, 'waiting');
}

describe('errors', () => {
  it.each(PROVOCATIONS)('$code: $when', async ({ code, send, detail }) => {
    const service = await startService();
    await service.post('/models').send(REGISTRATION).expect(201);
    await vectors({})(service).expect(201);
    const { body, status, type, headers } = await send(service);
    expect(body).toMatchObject({ code, status, title: ERRORS[code][1], type: `urn:surety:problem:${code}` });
    expect(status).toBe(ERRORS[code][0]);
    expect(type).toBe('application/problem+json');
    expect(body.requestId).toBe(headers['x-request-id']);
    if (typeof detail === 'string') expect(body.detail).toBe(detail);
    else expect(body.detail).toMatch(detail);
    await certify({})(service).expect(200); // and the service goes on
    await service.get('/models').expect(200);
  });

  it.each([
    ['too_many_rows', { maxRows: 100 }, 'at most 100 rows'],
    ['too_many_features', { maxFeatures: 10 }, 'at most 10 are accepted'],
    ['too_many_cells', { maxCells: 1000 }, 'at most 1000 are accepted'],
  ] as const)('%s: with the limit in the message', async (code, config, detail) => {
    const service = await startService({ config });
    const { body } = await service.post('/models').send(REGISTRATION).expect(422);
    expect(body).toMatchObject({ code, detail: expect.stringContaining(detail) });
    const upload = await csv(loansCsv())(service).expect(422);
    expect(upload.body.code).toBe(code);
  });

  it('too_many_instances: with the limit in the message', async () => {
    const service = await startService({ config: { maxInstances: 2 } });
    const { body } = await certify({ instances: [{}, {}, {}] })(service).expect(422);
    expect(body).toMatchObject({
      code: 'too_many_instances',
      detail: expect.stringMatching(/at most 2 .*got 3/),
    });
  });

  it('too_many_instances: an evaluation takes ten times as many', async () => {
    const service = await startService({ config: { maxInstances: 2 } });
    await register({})(service).expect(201);
    const of = (count: number) =>
      evaluate({ instances: Array(count).fill(application(0)), labels: Array(count).fill('repaid') });
    await of(20)(service).expect(200);
    const { body } = await of(21)(service).expect(422);
    expect(body).toMatchObject({
      code: 'too_many_instances',
      detail: expect.stringMatching(/at most 20 instances .*got 21/),
    });
  });

  it('too_many_instances: with breaking sets, by what the answer could grow to', async () => {
    const service = await startService({ config: { maxInstances: 20_000 } });
    await register({})(service).expect(201);
    const instances = Array(167).fill({});
    const { body } = await certify({ instances, explain: { breakingSet: true } })(service).expect(422);
    expect(body.detail).toBe(
      'with breakingSet a request may have at most 166 instances for this model, got 167',
    );
  });

  it('too_many_instances: with rows and columns, by as many as there are', async () => {
    const service = await startService({ config: { maxInstances: 20_000 } });
    await register({})(service).expect(201);
    const instances = Array(167).fill({});
    const explain = { reasons: 50, influentialRows: 10_000 };
    const { body } = await certify({ instances, explain })(service).expect(422);
    expect(body.detail).toBe(
      'with reasons, influentialRows a request may have at most 166 instances for this model, got 167',
    );
  });

  it('body_too_large: announced, streamed, and in a file', async () => {
    const service = await startService({ config: { maxBodyBytes: 20_000 } });
    const large = `a,outcome\n${'1,x\n2,y\n'.repeat(5000)}`;
    for (const send of [json(`{"model":"${'x'.repeat(30_000)}"}`), csv(large)]) {
      const { body } = await send(service).expect(413);
      expect(body).toMatchObject({
        code: 'body_too_large',
        detail: expect.stringContaining('at most 20000 bytes'),
      });
    }
    const chunks = async function* () {
      yield '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\n';
      yield `${MODEL.replace('loans', 'big')}\r\n--b\r\ncontent-disposition: form-data; name="data"; filename="x.csv"\r\n\r\n`;
      for (let at = 0; at < large.length; at += 1000) yield large.slice(at, at + 1000);
      yield '\r\n--b--\r\n';
    };
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const body = ReadableStream.from(chunks()).pipeThrough(new TextEncoderStream());
    const streamed = await fetch(`${service.url}/models`, { method: 'POST', headers, body, duplex: 'half' });
    expect([streamed.status, (await streamed.json()) as object]).toEqual([
      413,
      expect.objectContaining({ code: 'body_too_large' }),
    ]);
    const { body: list } = await service.get('/models').expect(200);
    expect(list.models).toEqual([]);
  });

  it('invalid_request: a million misfits get a small answer', async () => {
    const service = await startService();
    const flood = Array(1_000_000).fill(1);
    for (const change of [{ columns: flood }, { classes: flood }, { ignore: flood }]) {
      const { body, text } = await register(change)(service).expect(400);
      expect(body.errors.length).toBeLessThan(4);
      expect(text.length).toBeLessThan(1000);
    }
    for (const labels of [flood, Array(1_000_000).fill('late')]) {
      const { body, text } = await evaluate({ labels, instances: flood })(service).expect(422);
      expect(body.code).toBe('too_many_instances');
      expect(text.length).toBeLessThan(1000);
    }
    for (const [members, status] of [
      [16_000, 400],
      [100_000, 413],
    ] as const) {
      const types = Object.fromEntries(flood.slice(0, members).map((one, i) => [i, one]));
      const { text } = await register({ columnTypes: types, ...types })(service).expect(status);
      expect(text.length).toBeLessThan(2000);
    }
  });

  it('not_ready: before the models are loaded', async () => {
    const service = await startService({ load: false });
    const list = (service: Service) => service.get('/models');
    for (const send of [certify({}), register({}), list])
      expect((await send(service)).body.code).toBe('not_ready');
  });

  it('store_failed: when the store does not take the model, and nothing is registered', async () => {
    const service = await startService();
    await service.closeStore();
    const { body } = await register({})(service).expect(503);
    expect(body.code).toBe('store_failed');
    expect((await service.get('/models')).body.models).toEqual([]);
  });

  it('overloaded: while instances of others wait, and not afterwards', async () => {
    const service = await startService({ config: { maxQueued: 1 } });
    await register({})(service).expect(201);
    const first = certify(SECONDS_OF_WORK)(service).then(({ status }) => status);
    await instancesWait(service);
    const labels = SECONDS_OF_WORK.instances.map(() => 'repaid');
    for (const send of [certify(SECONDS_OF_WORK), evaluate({ ...SECONDS_OF_WORK, labels })]) {
      const { body, headers } = await send(service).expect(503);
      expect(body).toMatchObject({
        code: 'overloaded',
        detail: expect.stringMatching(
          /^\d+ instances are waiting .* at most 1 may, half of them of one caller \(SURETY_MAX_QUEUED\)/,
        ),
      });
      expect(headers['retry-after']).toBe('1');
    }
    await certify({})(service).expect(200); // too small to wait
    expect(await first).toBe(200);
    await certify({ ...SECONDS_OF_WORK, monteCarlo: { samples: 200 } })(service).expect(200);
  });

  it('too_many_models: beyond the limit, also for a new version; what is there already is answered', async () => {
    const service = await startService({ config: { maxModels: 1 } });
    await register({})(service).expect(201);
    const { body } = await register({ name: 'other' })(service).expect(507);
    expect(body).toMatchObject({
      code: 'too_many_models',
      detail: 'the service holds 1 model versions, at most 1 may be (SURETY_MAX_MODELS); delete some',
    });
    await register({ settings: { weights: 'sign' } })(service).expect(507);
    await register({})(service).expect(200);
    await service.delete('/models/loans').expect(204);
    await register({ name: 'other' })(service).expect(201);
  });

  it('too_many_models: where their memory would be too much, and what was fitted is not kept', async () => {
    const service = await startService({ config: { maxModelBytes: 60_000 } });
    const some = Array.from({ length: 500 }, (_, k) => [k, k % 7, k % 11]);
    const many = {
      name: 'm',
      features: some.map((row) => Array(10).fill(row).flat()),
      labels: some.map(([k]) => k! % 2),
    };
    const { body } = await service.post('/models').send(many).expect(507);
    expect(body.detail).toMatch(
      /^the model would take \d{5} bytes, .* \(SURETY_MAX_MODEL_BYTES\); delete some$/,
    );
    await service.get('/models/m').expect(404);
    await register({})(service).expect(201);
  });

  it('worker_failed: when the workers end under a request', async () => {
    const service = await startService();
    await register({})(service).expect(201);
    const answer = certify(SECONDS_OF_WORK)(service).then((response) => response);
    await instancesWait(service);
    await service.app.workers.close();
    const { status, body, headers } = await answer;
    expect([status, body.code, headers['retry-after']]).toEqual([503, 'worker_failed', '1']);
  });

  it('internal_error: says nothing of the inside', async () => {
    const service = await startService();
    await register({})(service).expect(201);
    const model = service.app.models.get('loans');
    Object.assign(model.workspace, { alpha: new Float64Array(1) });
    Object.assign(model.source, { means: new Float64Array(1) });
    for (const count of [1, 5000]) {
      // the main thread fails over one instance, a worker over many
      const { body } = await certify({ instances: Array(count).fill(application(0)) })(service).expect(500);
      expect(body).toMatchObject({
        code: 'internal_error',
        detail: 'The request failed on our side; its id is in our log',
      });
    }
  });

  it('internal_error: the log has the request and where it failed, and nothing that the error quotes', async () => {
    const lines: string[] = [];
    const service = await startService({ log: { write: (line) => lines.push(line) } });
    await register({})(service).expect(201);
    const { map } = service.app.models.get('loans');
    map.encode = (instance) => {
      throw new TypeError(`Cannot read properties of ${JSON.stringify(instance)}`);
    };
    const { headers, text } = await certify({})(service).expect(500);
    const failure = lines.find((line) => line.includes('request failed'))!;
    expect(JSON.parse(failure)).toMatchObject({
      requestId: headers['x-request-id'],
      code: 'internal_error',
      err: { type: 'Error', message: expect.stringMatching(/^TypeError\n {4}at .*errors\.test\.ts/) },
    });
    expect(lines.join('') + text).not.toContain(application(0).purpose);
  });

  it('stops certifying when the client goes away', async () => {
    const lines: string[] = [];
    const service = await startService({ log: { write: (line) => lines.push(line) } });
    await register({ settings: { lambda: { relative: 1000 } } })(service).expect(201);
    const body = JSON.stringify({ model: 'loans', ...SECONDS_OF_WORK });
    const aborter = new AbortController();
    const headers = { 'content-type': 'application/json' };
    const call = fetch(`${service.url}/certify`, { method: 'POST', headers, body, signal: aborter.signal });
    const [received] = await once(service.app.server, 'request');
    received.once('end', () => setTimeout(() => aborter.abort(), 50));
    await expect(call).rejects.toThrow(/abort/);
    for (let waited = 0; waited < 100 && !lines.some((line) => line.includes('request aborted')); waited++)
      await sleep(20);
    expect(lines.filter((line) => line.includes('request aborted'))).toHaveLength(1);
  });
});

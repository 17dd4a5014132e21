import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { application, LOANS, REGISTRATION } from '../support/models/loans.ts';
import { until } from '../support/process/process.ts';
import { certify, evaluate, json, register } from '../support/process/provocations.ts';
import { type Service, type ServiceOptions, startService } from '../support/process/service.ts';

/** White space that makes any JSON text a large body. */
const MUCH = ' '.repeat(2 ** 19);

async function withLoans(options: ServiceOptions = {}): Promise<Service> {
  const service = await startService(options);
  await register({})(service).expect(201);
  return service;
}

/** Sends the start of a body of 10 MB. */
function begun(service: Service, start: string) {
  const { port } = new URL(service.url);
  const headers = { 'content-type': 'application/json', 'content-length': 10_000_000 };
  const sent = request({ port, method: 'POST', path: '/certify', headers });
  sent.on('error', () => {}); // of a connection that was cut
  sent.write(start);
  return sent;
}

describe('a large body', () => {
  it('is answered as small ones are', async () => {
    const service = await withLoans();
    const few = LOANS.slice(0, 50).map((_, row) => application(row));
    const many = Array.from({ length: 60 }, () => few).flat();
    const body = JSON.stringify({ model: 'loans', instances: many });
    expect(body.length).toBeGreaterThan(2 ** 18);
    const large = await json(body)(service).expect(200);
    const small = await certify({ instances: few })(service).expect(200);
    expect(large.body).toEqual({ ...small.body, results: Array(60).fill(small.body.results).flat() });
    expect(large.type).toBe(small.type);
    expect(Number(large.headers['content-length'])).toBe(Buffer.byteLength(large.text));
  });

  it('serves POST /evaluate and POST /models too', async () => {
    const service = await withLoans();
    const instances = Array(3000).fill(application(0));
    const report = await evaluate({ instances, labels: Array(3000).fill('repaid') })(service).expect(200);
    expect(report.body.rows).toBe(3000);
    const records = Array(30).fill(LOANS).flat();
    const { body } = await register({ name: 'large', records })(service).expect(201);
    expect(body.rows).toBe(30 * LOANS.length);
    const columns = Object.keys(LOANS[0]!);
    const rows = records.map((record) => columns.map((name) => record[name]));
    const again = { name: 'large', target: REGISTRATION.target, columns, rows };
    expect((await service.post('/models').send(again).expect(200)).body).toEqual(body);
  });

  it.each([
    ['malformed_json', 400, '{"model":"loans","instances":[NaN],"more":[', ''],
    ['malformed_json', 400, '', ']'],
    ['malformed_json', 400, '{"model":"loans","instances":[{"__proto__":1}', ']}'],
    ['malformed_json', 400, '{"__proto__":[]', '}'],
    ['invalid_request', 400, '[1', ']'],
    ['invalid_request', 400, '{"model":"loans","instances":{}', '}'],
    ['model_not_found', 404, '{"model":"other","instances":[1', ']}'],
  ])('%s is %i as of a small one: %s..%s', async (code, status, start, end) => {
    const service = await withLoans();
    const small = await json(`${start} ${end}`)(service).expect(status);
    const large = await json(`${start}${MUCH}${end}`)(service).expect(status);
    expect(small.body.code).toBe(code);
    expect({ ...large.body, requestId: '' }).toEqual({ ...small.body, requestId: '' });
    await certify({})(service).expect(200);
  });

  it('is too large whatever it says, also where its length is not announced', async () => {
    const service = await startService({ config: { maxBodyBytes: 2 ** 20 } });
    const chunks = function* () {
      yield '{"model":"loans","instances":[NaN';
      for (let k = 0; k < 3; k++) yield MUCH;
    };
    const body = ReadableStream.from(chunks()).pipeThrough(new TextEncoderStream());
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${service.url}/certify`, { method: 'POST', headers, body, duplex: 'half' });
    expect([answer.status, await answer.json()]).toEqual([
      413,
      expect.objectContaining({ code: 'body_too_large' }),
    ]);
  });

  it('is as long as it says', async () => {
    const { app } = await withLoans();
    const payload = `{"model":"loans","instances":[1${MUCH}]}`;
    for (const [more, status] of [
      [-1, 400],
      [1, 400],
      [0, 422],
    ] as const) {
      const headers = { 'content-type': 'application/json', 'content-length': String(payload.length + more) };
      const { statusCode } = await app.inject({ method: 'POST', url: '/certify', headers, payload });
      expect(statusCode).toBe(status);
    }
  });

  it('does not matter where there is nothing', async () => {
    const service = await withLoans();
    for (const [body, status] of [
      ['[1', 400],
      [`[1${MUCH}`, 413],
    ] as const) {
      const type = { 'content-type': 'application/json' };
      await service.post('/nothing').set(type).send(body).expect(404);
      await service.delete('/models/loans').set(type).send(body).expect(status);
    }
    await certify({})(service).expect(200);
  });

  it('gives turns to others while it arrives', async () => {
    const service = await withLoans();
    const numbers = JSON.stringify(Array.from({ length: 784 }, (_, k) => (k % 5 === 0 ? k / 7 : 0)));
    const body = `{"model":"other","instances":[${Array(5000).fill(numbers).join(',')}]}`;
    const began = performance.now();
    let [last, longest, done] = [began, 0, false];
    const look = () => {
      const now = performance.now();
      [last, longest] = [now, Math.max(longest, now - last)];
      if (!done) setImmediate(look);
    };
    look();
    const { status } = await json(body)(service);
    done = true;
    expect(status).toBe(404);
    expect(longest).toBeLessThan((performance.now() - began) / 3);
  });

  it('that never comes to its end leaves the service as it was', async () => {
    const lines: string[] = [];
    const service = await withLoans({ log: { write: (line) => lines.push(line) } });
    const sent = begun(service, `{"model":"loans","instances":[${`[1,2],${MUCH}`.repeat(4)}`);
    await once(service.app.server, 'request');
    sent.destroy();
    await until(() => lines.some((line) => line.includes('request aborted')), 'noticed');
    await certify({})(service).expect(200);
    expect(lines.map((line) => JSON.parse(line)).filter(({ level }) => level > 30)).toEqual([]);
  });
});

describe('a long answer', () => {
  it('whose client goes away is noticed, and ends', async () => {
    const lines: string[] = [];
    const service = await withLoans({ log: { write: (line) => lines.push(line) } });
    // Long names of classes make long answers.
    const records = LOANS.map((loan) => ({ ...loan, outcome: loan.outcome.padEnd(190, '.') }));
    await service
      .post('/models')
      .send({ ...REGISTRATION, name: 'long', records })
      .expect(201);
    const instances = Array(10_000).fill(application(0));
    const body = JSON.stringify({ model: 'long', instances, explain: { reasons: 7 } });
    const aborter = new AbortController();
    const headers = { 'content-type': 'application/json' };
    const { signal } = aborter;
    const answer = await fetch(`${service.url}/certify`, { method: 'POST', headers, body, signal });
    expect(answer.status).toBe(200);
    expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(2 ** 23); // more than the sockets hold
    aborter.abort();
    await until(() => lines.some((line) => line.includes('request aborted')), 'noticed');
    await certify({})(service).expect(200);
    const logged = lines.map((line) => JSON.parse(line));
    expect(logged.filter(({ msg }) => msg === 'request aborted')).toHaveLength(1);
    expect(logged.filter(({ level }) => level > 30)).toEqual([]);
  });
});

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'supertest';
import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode } from '../../src/errors.ts';
import { application, LOANS, loansCsv, REGISTRATION } from '../support/loans.ts';
import { document } from '../support/openapi.ts';
import { type Service, startService } from '../support/service.ts';

const MODEL = JSON.stringify({ name: 'loans', target: 'outcome' });

/** A request that provokes an error, and what its detail says. */
interface Provocation {
  readonly code: ErrorCode;
  readonly when: string;
  readonly send: (service: Service) => Test;
  readonly detail: string | RegExp;
}

const register = (change: object) => (service: Service) =>
  service.post('/models').send({ ...REGISTRATION, ...change });
const json =
  (body: string, type = 'application/json') =>
  (service: Service) =>
    service.post('/certify').set('content-type', type).send(body);
const csv =
  (data: string | Buffer, filename = 'loans.csv', model = MODEL) =>
  (service: Service) =>
    service.post('/models').field('model', model).attach('data', Buffer.from(data), { filename });
const certify = (change: object) => (service: Service) =>
  service.post('/certify').send({ model: 'loans', instances: [application(0)], ...change });
const records = (row: number, change: object) => ({
  records: LOANS.map((loan, at) => (at === row ? { ...loan, ...change } : loan)),
});
const vectors = (change: object) => (service: Service) =>
  service.post('/models').send({
    name: 'vectors',
    features: [
      [1, 2],
      [3, 5],
    ],
    labels: ['a', 'b'],
    ...change,
  });

const PROVOCATIONS: readonly Provocation[] = [
  {
    code: 'malformed_json',
    when: 'a malformed body',
    send: json('{"model": '),
    detail: 'The body is not valid JSON',
  },
  {
    code: 'malformed_json',
    when: 'NaN in the body',
    send: json('{"model":"loans","instances":[[NaN]]}'),
    detail: 'The body is not valid JSON',
  },
  {
    code: 'malformed_json',
    when: 'an empty body',
    send: json(''),
    detail: 'The body is empty; expected JSON',
  },
  {
    code: 'malformed_json',
    when: 'a prototype in the body',
    send: json('{"__proto__":{"x":1}}'),
    detail: 'The body is not valid JSON',
  },
  {
    code: 'malformed_json',
    when: 'a model part that is not JSON',
    send: csv(loansCsv(), 'loans.csv', '{'),
    detail: "Part 'model' is not valid JSON",
  },
  {
    code: 'malformed_multipart',
    when: 'data before model',
    send: (s) => s.post('/models').attach('data', Buffer.from(loansCsv()), 'x.csv').field('model', MODEL),
    detail: "Expected a part 'model' before the part 'data'",
  },
  {
    code: 'malformed_multipart',
    when: 'no data',
    send: (s) => s.post('/models').field('model', MODEL),
    detail: /'model' \(JSON\) and 'data'/,
  },
  {
    code: 'malformed_multipart',
    when: 'another part',
    send: (s) => s.post('/models').field('notes', 'x'),
    detail: /got another/,
  },
  {
    code: 'malformed_multipart',
    when: 'too many parts',
    send: (s) => s.post('/models').field('model', MODEL).field('more', 'x'),
    detail: /one field/,
  },
  {
    code: 'malformed_multipart',
    when: 'no boundary',
    send: (s) => s.post('/models').set('content-type', 'multipart/form-data').send('x'),
    detail: 'The form cannot be read',
  },
  { code: 'invalid_request', when: 'an unknown member', send: certify({ colour: 1 }), detail: /colour/ },
  { code: 'invalid_request', when: 'no instances', send: certify({ instances: [] }), detail: /instances/ },
  {
    code: 'invalid_request',
    when: 'a breaking set of the smoothed classifier',
    send: certify({ method: 'smoothed', explain: { breakingSet: true } }),
    detail: 'body /explain/breakingSet: needs method exact',
  },
  {
    code: 'invalid_request',
    when: 'noise for the exact certificate',
    send: certify({ noise: { q: 0.1 } }),
    detail: 'body /noise: needs method smoothed',
  },
  {
    code: 'invalid_request',
    when: 'an intercept without centring',
    send: register({ settings: { centre: false, intercept: true } }),
    detail: 'body /settings/intercept: an intercept needs centre: true',
  },
  {
    code: 'invalid_request',
    when: 'a lambda of zero',
    send: register({ settings: { lambda: { absolute: 0 } } }),
    detail: /lambda/,
  },
  {
    code: 'invalid_request',
    when: 'two forms of data',
    send: register({ features: [[1]] }),
    detail: 'body: expected exactly one of rows, records and features',
  },
  {
    code: 'invalid_request',
    when: 'rows without columns',
    send: (s) => s.post('/models').send({ name: 'x', target: 'y', rows: [[1]] }),
    detail: 'body /columns: rows need columns',
  },
  {
    code: 'invalid_request',
    when: 'a bad version',
    send: (s) => s.get('/models/loans/versions/one'),
    detail: /version/,
  },
  {
    code: 'invalid_request',
    when: 'a bad model name',
    send: register({ name: '../x' }),
    detail: /letters, digits/,
  },
  {
    code: 'invalid_request',
    when: 'a bad model part',
    send: csv(loansCsv(), 'x.csv', '{"name":"x"}'),
    detail: /part 'model' \/target/,
  },
  {
    code: 'not_found',
    when: 'an address that does not exist',
    send: (s) => s.get('/nothing'),
    detail: 'There is no GET at this address',
  },
  {
    code: 'unsupported_media_type',
    when: 'a form to certify',
    send: (s) => s.post('/certify').field('model', MODEL),
    detail: /Expected application\/json/,
  },
  {
    code: 'malformed_multipart',
    when: 'a huge model part',
    send: csv(loansCsv(), 'x.csv', JSON.stringify({ name: 'x', target: 'y'.repeat(2 ** 20) })),
    detail: "Part 'model' may have at most 1048576 bytes",
  },
  {
    code: 'invalid_settings',
    when: 'a lambda that overflows',
    send: register({ settings: { lambda: { relative: 1e308 } } }),
    detail: 'lambda: too large for these features, it overflows',
  },
  {
    code: 'invalid_request',
    when: 'a relative and an absolute lambda',
    send: register({ settings: { lambda: { relative: 1, absolute: 1 } } }),
    detail: 'body /settings/lambda: expected either relative or absolute, a number above 0',
  },
  {
    code: 'unsupported_media_type',
    when: 'plain text',
    send: json('{}', 'text/plain'),
    detail: /Expected application\/json/,
  },
  {
    code: 'not_found',
    when: 'an address that is no URL',
    send: (s) => s.get('/models/%ff'),
    detail: 'The address is not a valid URL',
  },
  {
    code: 'not_found',
    when: 'a method that does not exist',
    send: (s) => s.delete('/certify'),
    detail: 'There is no DELETE at this address',
  },
  {
    code: 'model_not_found',
    when: 'an unknown model',
    send: certify({ model: 'other' }),
    detail: "there is no model 'other'",
  },
  {
    code: 'version_not_found',
    when: 'an unknown version',
    send: certify({ version: 9 }),
    detail: "model 'loans' has no version 9",
  },
  {
    code: 'unsupported_media_type',
    when: 'XML',
    send: json('<x/>', 'application/xml'),
    detail: /Expected application\/json/,
  },
  {
    code: 'unsupported_data_format',
    when: 'Parquet',
    send: csv('PAR1', 'loans.parquet'),
    detail: /expected a \.csv, \.ndjson or \.jsonl file/,
  },
  {
    code: 'invalid_csv',
    when: 'an unclosed quote',
    send: csv('a,b\n"1,2\n'),
    detail: /the file ends inside a quoted value/,
  },
  {
    code: 'invalid_ndjson',
    when: 'a broken line',
    send: csv('{"a":1,"outcome":"x"}\n{"a":\n', 'loans.ndjson'),
    detail: 'line 2: expected a JSON record',
  },
  {
    code: 'invalid_encoding',
    when: 'Latin-1',
    send: csv(Buffer.from('a,outcome\n\xe9,x\n', 'latin1')),
    detail: 'expected UTF-8 text, got other bytes',
  },
  { code: 'no_rows', when: 'an empty CSV', send: csv(''), detail: /the file is empty/ },
  { code: 'no_rows', when: 'a header alone', send: csv('a,outcome\n'), detail: /at least one row/ },
  { code: 'no_rows', when: 'no records', send: register({ records: [] }), detail: /at least one record/ },
  {
    code: 'row_length',
    when: 'a short CSV row',
    send: csv('a,outcome\n1,x\n2\n'),
    detail: 'row 1: expected 2 values, got 1',
  },
  {
    code: 'row_length',
    when: 'a short vector',
    send: vectors({ features: [[1, 2], [3]] }),
    detail: 'row 1: expected 2 features, got 1',
  },
  {
    code: 'row_length',
    when: 'a label too few',
    send: vectors({ labels: ['a'] }),
    detail: /expected 2 labels/,
  },
  {
    code: 'duplicate_column',
    when: 'a duplicate column',
    send: csv('a,a,outcome\n1,2,x\n'),
    detail: 'columns number 0 and 1 have the same name',
  },
  {
    code: 'unknown_column',
    when: 'a semicolon for a comma',
    send: csv('a;outcome\n1;x\n2;y\n'),
    detail: /is the separator a comma\?$/,
  },
  {
    code: 'unknown_column',
    when: 'a target that is not there',
    send: register({ target: 'result' }),
    detail: "target: the table has no column 'result'",
  },
  {
    code: 'unknown_column',
    when: 'ignoring what is not there',
    send: register({ ignore: ['x'] }),
    detail: /ignore/,
  },
  {
    code: 'missing_column',
    when: 'a record without a column',
    send: register({ records: [...LOANS, { outcome: 'repaid' }] }),
    detail: /row 120 has no column 'income'/,
  },
  {
    code: 'invalid_name',
    when: 'a nameless column',
    send: csv('a,,outcome\n1,2,x\n'),
    detail: /column number 1: expected a name/,
  },
  {
    code: 'wrong_type',
    when: 'text among numbers',
    send: register(records(3, { amount: 'lots' })),
    detail: /row 3, column 'amount': expected a number .*, got a string/,
  },
  {
    code: 'not_finite',
    when: 'NaN in a CSV',
    send: csv('a,outcome\n1,x\nNaN,y\n'),
    detail: "row 1, column 'a': expected a finite number",
  },
  {
    code: 'not_finite',
    when: 'an overflowing number',
    send: vectors({
      features: [
        [1e300, 1],
        [2, 3],
      ],
    }),
    detail: /row 0, feature 0/,
  },
  {
    code: 'missing_label',
    when: 'a row without label',
    send: register(records(4, { outcome: null })),
    detail: 'row 4: expected a label, got none',
  },
  {
    code: 'unknown_label',
    when: 'a label never listed',
    send: register({ classes: ['repaid', 'late'] }),
    detail: /not one of the listed classes/,
  },
  {
    code: 'one_class',
    when: 'a one-class target',
    send: csv('a,outcome\n1,x\n2,x\n'),
    detail: /at least two classes/,
  },
  {
    code: 'class_without_rows',
    when: 'a listed class without rows',
    send: register({ classes: ['repaid', 'defaulted', 'late'] }),
    detail: "class 'late' is listed and has no rows",
  },
  {
    code: 'no_features',
    when: 'only constant columns',
    send: csv('a,outcome\n1,x\n1,y\n'),
    detail: /every column is constant/,
  },
  {
    code: 'invalid_settings',
    when: 'too much noise',
    send: register({ settings: { noise: { q: 0.5 } } }),
    detail: /noise.q: expected 0 < q < 1\/2/,
  },
  {
    code: 'invalid_settings',
    when: 'too much noise in a request',
    send: certify({ method: 'smoothed', noise: { q: 0.7 } }),
    detail: /noise.q/,
  },
  {
    code: 'invalid_settings',
    when: 'an unknown positive class',
    send: register({ settings: { rule: { kind: 'threshold', value: 0.5, positive: 'x' } } }),
    detail: /'x' is not one of the classes/,
  },
  {
    code: 'invalid_instances',
    when: 'no instance that fits',
    send: certify({ instances: [{}, []] }),
    detail: 'none of the 2 instances could be certified',
  },
  {
    code: 'invalid_instances',
    when: 'too few features',
    send: certify({ model: 'vectors', instances: [[1]] }),
    detail: 'the instance could not be certified: expected 2 features, got 1',
  },
];

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

  it('too_many_instances: with breaking sets, by what the answer could grow to', async () => {
    const service = await startService({ config: { maxInstances: 20_000 } });
    await register({})(service).expect(201);
    const instances = Array(16_667).fill({});
    const { body } = await certify({ instances, explain: { breakingSet: true } })(service).expect(422);
    expect(body.detail).toBe(
      'with breakingSet a request may have at most 16666 instances for this model, got 16667',
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
    const types = Object.fromEntries(flood.slice(0, 100_000).map((one, i) => [i, one]));
    const { text } = await register({ columnTypes: types, ...types })(service).expect(400);
    expect(text.length).toBeLessThan(2000);
  });

  it('not_ready: before the models are loaded', async () => {
    const service = await startService({ load: false });
    const list = (service: Service) => service.get('/models');
    for (const send of [certify({}), register({}), list])
      expect((await send(service)).body.code).toBe('not_ready');
  });

  it('store_failed: when the store does not take the model, and nothing is registered', async () => {
    const service = await startService();
    await service.app.models.close(); // the database is gone
    const { body } = await register({})(service).expect(503);
    expect(body.code).toBe('store_failed');
    expect((await service.get('/models')).body.models).toEqual([]);
  });

  it('internal_error: says nothing of the inside', async () => {
    const service = await startService();
    await register({})(service).expect(201);
    const model = service.app.models.get('loans');
    Object.assign(model.ridge, { factor: new Float64Array(1) });
    const { body } = await certify({})(service).expect(500);
    expect(body).toMatchObject({
      code: 'internal_error',
      detail: 'The request failed on our side; its id is in our log',
    });
  });

  it('stops certifying when the client goes away', async () => {
    const lines: string[] = [];
    const service = await startService({ log: { write: (line) => lines.push(line) } });
    await register({ settings: { lambda: { relative: 1000 } } })(service).expect(201);
    const body = JSON.stringify({
      model: 'loans',
      method: 'smoothed',
      instances: Array(10_000).fill(application(0)),
    });
    const aborter = new AbortController();
    const headers = { 'content-type': 'application/json' };
    const call = fetch(`${service.url}/certify`, { method: 'POST', headers, body, signal: aborter.signal });
    const [received] = await once(service.app.server, 'request');
    received.once('end', () => setTimeout(() => aborter.abort(), 50)); // certifying takes seconds
    await expect(call).rejects.toThrow(/abort/);
    for (let waited = 0; waited < 100 && !lines.some((line) => line.includes('went away')); waited++)
      await sleep(20);
    expect(lines.filter((line) => line.includes('went away'))).toHaveLength(1);
  });
});

describe('the error table', () => {
  it('is all provoked by these tests', () => {
    const source = readFileSync(new URL(import.meta.url), 'utf8');
    const damaged = ['model_damaged']; // test/process/server.test.ts
    const missing = Object.keys(ERRORS).filter(
      (code) => !source.includes(`${code}:`) && !source.includes(`'${code}'`),
    );
    expect(missing).toEqual(damaged.filter((code) => missing.includes(code)));
  });

  it('is all in openapi.yaml, with an example each', () => {
    const examples = Object.values(document.paths)
      .flatMap((operations) => Object.values(operations))
      .flatMap(({ responses }) => Object.values(responses))
      .flatMap(
        ({ content }) =>
          Object.values(content ?? {}) as { examples?: Record<string, { value: { code: string } }> }[],
      )
      .flatMap(({ examples }) => Object.values(examples ?? {}).map(({ value }) => value.code));
    // not_found belongs to no operation
    expect([...new Set(examples), 'not_found'].sort()).toEqual(Object.keys(ERRORS).sort());
  });

  it('is all explained in docs/errors.md', () => {
    const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const explained = [...text.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, code, status]) => [
      code,
      Number(status),
    ]);
    expect(explained).toEqual(Object.entries(ERRORS).map(([code, [status]]) => [code, status]));
  });
});

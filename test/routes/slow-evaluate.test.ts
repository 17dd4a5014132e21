import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { EXAMPLE_COLUMNS, EXAMPLE_MODEL, EXAMPLE_ROWS, EXAMPLE_SETTINGS } from '../../schemas/examples.ts';
import { EXAMPLE_EVALUATE_REQUEST, EXAMPLE_EVALUATED } from '../../schemas/examples-evaluate.ts';
import { LOANS, REGISTRATION } from '../support/models/loans.ts';
import { cpuTime } from '../support/process/cpu-time.ts';
import { parseEvents } from '../support/process/events.ts';
import { call, postJson, until } from '../support/process/process.ts';
import { type Service, type ServiceOptions, startService } from '../support/process/service.ts';

/** A service with the loans registered, much regularised, so that certificates differ. */
async function withLoans(options: ServiceOptions = {}): Promise<Service> {
  const service = await startService(options);
  const settings = { lambda: { relative: 1000 } };
  await service
    .post('/models')
    .send({ ...REGISTRATION, settings })
    .expect(201);
  return service;
}

/** Declared, as partitions against rows need it. */
const TYPES = {
  income: 'number',
  amount: 'number',
  months: 'number',
  employment: 'category',
  purpose: 'category',
  owns_home: 'boolean',
  late_payments: 'number',
};
const TEST = { instances: LOANS.slice(0, 50), labels: LOANS.slice(0, 50).map(({ outcome }) => outcome) };
const REQUEST = { model: 'loans', ...TEST };
/** Takes minutes. */
const LONG = {
  model: 'loans',
  method: 'monte-carlo',
  monteCarlo: { samples: 20_000 },
  instances: Array(50_000).fill(LOANS[0]),
  labels: Array(50_000).fill('repaid'),
};

interface Result {
  prediction: string | null;
  abstained: boolean;
  certificate: { flips: number } | null;
}

describe('POST /evaluate', () => {
  it('answers with the numbers that POST /certify adds up to', async () => {
    const service = await startService();
    const settings = { lambda: { relative: 1000 }, partitions: { count: 7, threat: 'labels' } };
    await service
      .post('/models')
      .send({ ...REGISTRATION, settings })
      .expect(201);
    const compare = [
      { method: 'exact' },
      { method: 'smoothed', noise: { q: 0.4 } },
      { method: 'monte-carlo', noise: { q: 0.4 } },
      { method: 'partition' },
    ];
    const { body } = await service
      .post('/evaluate')
      .send({ ...REQUEST, compare })
      .expect(200);
    expect(body).toMatchObject({ model: { name: 'loans', version: 1 }, rows: 50 });
    const repaid = TEST.labels.filter((label) => label === 'repaid').length;
    const most = LOANS.filter(({ outcome }) => outcome === 'repaid').length > 60 ? repaid : 50 - repaid;
    expect(body.majorityAccuracy).toBe(most / 50);
    for (const [k, asked] of compare.entries()) {
      const { body: certified } = await service
        .post('/certify')
        .send({ model: 'loans', instances: TEST.instances, ...asked });
      const results: Result[] = certified.results;
      const right = results.filter(({ prediction }, row) => prediction === TEST.labels[row]);
      const sorted = results
        .map((one, row) => (one.prediction === TEST.labels[row] ? one.certificate!.flips : -1))
        .toSorted((a, b) => a - b);
      const evaluation = body.evaluations[k];
      expect(evaluation).toMatchObject({
        name: ['exact', 'smoothed, q = 0.4', 'monte-carlo, q = 0.4', 'partition'][k],
        method: asked.method,
        classifier: certified.classifier,
        cleanAccuracy: right.length / 50,
        medianFlips: (sorted[24]! + sorted[25]!) / 2,
        abstentions: results.filter(({ abstained }) => abstained).length,
      });
      const share = (least: number) => sorted.filter((flips) => flips >= least).length / 50;
      const balanced = (least: number) => {
        const recalls = ['defaulted', 'repaid'].map((name) => {
          const own = results.filter((_, row) => TEST.labels[row] === name);
          const kept = own.filter((one) => one.prediction === name && one.certificate!.flips >= least);
          return kept.length / own.length;
        });
        return (recalls[0]! + recalls[1]!) / 2;
      };
      expect(evaluation.balancedAccuracy).toBe(balanced(0));
      // 120 training rows: the smallest integers not below 1.2, 2.4, 4.8, 9.6 and 19.2
      expect(evaluation.at).toEqual(
        [2, 3, 5, 10, 20].map((flips, p) => ({
          percent: 2 ** p,
          flips,
          certifiedAccuracy: share(flips),
          certifiedBalancedAccuracy: balanced(flips),
        })),
      );
      expect(evaluation.curve).toEqual(
        Array.from({ length: sorted[49]! + 2 }, (_, flips) => ({
          flips,
          certifiedAccuracy: share(flips),
          certifiedBalancedAccuracy: balanced(flips),
        })),
      );
      if (k === 1 || k === 2) expect(evaluation.abstentions).toBeGreaterThan(0);
    }
  });

  it('answers with the same bits for a lambda as for a model registered with it', async () => {
    const service = await withLoans();
    const compare = [{ name: 'x', lambda: { relative: 10 }, weights: 'sign' }];
    const varied = await service
      .post('/evaluate')
      .send({ ...REQUEST, compare })
      .expect(200);
    const settings = { lambda: { relative: 10 }, weights: 'sign' };
    await service
      .post('/models')
      .send({ ...REGISTRATION, settings })
      .expect(201);
    const registered = await service
      .post('/evaluate')
      .send({ ...REQUEST, version: 2, compare: [{ name: 'x' }] })
      .expect(200);
    expect(varied.body.evaluations).toEqual(registered.body.evaluations);
    expect(varied.body.undefended).toEqual(registered.body.undefended);
  });

  it('evaluates under a threat, which it states in words', async () => {
    const service = await withLoans();
    const threat = { rows: { column: 'purpose', in: ['car'] }, transitions: [['repaid', 'defaulted']] };
    const { body } = await service
      .post('/evaluate')
      .send({ ...REQUEST, threat })
      .expect(200);
    const { body: certified } = await service
      .post('/certify')
      .send({ model: 'loans', instances: TEST.instances, threat })
      .expect(200);
    expect(body.threat).toEqual(certified.threat);
    const flips = (certified.results as Result[]).map((one, row) =>
      one.prediction === TEST.labels[row] ? one.certificate!.flips : -1,
    );
    const sorted = flips.toSorted((a, b) => a - b);
    expect(body.evaluations[0]).toMatchObject({
      medianFlips: (sorted[24]! + sorted[25]!) / 2,
      ceilingMedianFlips: null,
    });
    const plain = await service.post('/evaluate').send(REQUEST).expect(200);
    expect(plain.body.evaluations[0].medianFlips).not.toBe(body.evaluations[0].medianFlips);
    expect(plain.body.threat).toBeUndefined();
  });

  it('varies weights of an ensemble as a registration would', async () => {
    const service = await startService();
    const partitions = { count: 7, threat: 'rows' };
    const registration = { ...REGISTRATION, columnTypes: TYPES, classes: ['defaulted', 'repaid'] };
    for (const weights of ['raw', 'sign']) {
      await service
        .post('/models')
        .send({ ...registration, settings: { partitions, weights } })
        .expect(201);
    }
    const ask = async (version: number, change: object) => {
      const request = { ...REQUEST, version, compare: [{ name: 'x', method: 'partition', ...change }] };
      return (await service.post('/evaluate').send(request).expect(200)).body.evaluations[0];
    };
    const varied = await ask(1, { weights: 'sign' });
    expect(varied).toEqual(await ask(2, {}));
    expect(varied).not.toEqual(await ask(1, {}));
    expect(varied.ceilingMedianFlips).toBeNull(); // rows are dealt by their labels
  });

  it('has a ceiling under argmax and none under a threshold', async () => {
    const service = await withLoans();
    const { body } = await service.post('/evaluate').send(REQUEST).expect(200);
    expect(body.evaluations[0].ceilingMedianFlips).toBe(59); // two classes, 120 rows
    const settings = { rule: { kind: 'threshold', value: 0 } };
    await service
      .post('/models')
      .send({ ...REGISTRATION, settings })
      .expect(201);
    const threshold = await service.post('/evaluate').send(REQUEST).expect(200);
    expect(threshold.body.evaluations[0].ceilingMedianFlips).toBeNull();
  });

  it('gives the documented answer to the documented request', async () => {
    const service = await startService();
    const registration = {
      name: EXAMPLE_MODEL,
      target: 'outcome',
      columns: EXAMPLE_COLUMNS,
      rows: EXAMPLE_ROWS,
      settings: EXAMPLE_SETTINGS,
    };
    await service.post('/models').send(registration).expect(201);
    const { body } = await service.post('/evaluate').send(EXAMPLE_EVALUATE_REQUEST).expect(200);
    expect(body).toEqual(EXAMPLE_EVALUATED);
  });
});

describe('the Accept of POST /evaluate', () => {
  it.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['text/html, application/json;q=0.5', 'application/json'],
    ['image/svg+xml', 'image/svg+xml'],
    ['image/*', 'image/svg+xml'],
    ['application/json;q=0.2, image/svg+xml;q=0.9', 'image/svg+xml'],
    ['text/event-stream', 'text/event-stream'],
  ])('%s is answered with %s', async (accept, expected) => {
    const service = await withLoans();
    const request = service.post('/evaluate');
    if (accept !== undefined) request.set('accept', accept);
    const response = await request.send(REQUEST).expect(200);
    expect(response.type).toBe(expected);
  });

  it.each(['text/html', 'image/png', 'application/json;q=0'])('%s is not acceptable', async (accept) => {
    const service = await withLoans();
    const { body } = await service.post('/evaluate').set('accept', accept).send(REQUEST).expect(406);
    expect(body.code).toBe('not_acceptable');
  });

  it('gives the figure of the same numbers', async () => {
    const service = await withLoans();
    const compare = [{}, { name: '<&">', method: 'smoothed' }];
    const response = await service
      .post('/evaluate')
      .set('accept', 'image/svg+xml')
      .send({ ...REQUEST, compare });
    expect(response.headers['content-type']).toBe('image/svg+xml; charset=utf-8');
    const svg = (response.body as Buffer).toString();
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>$/);
    for (const text of ['exact', '&lt;&amp;&quot;&gt;', 'Certified accuracy of loans, version 1']) {
      expect(svg).toContain(`>${text}</text>`);
    }
    expect(svg).toContain('50 test rows, 120 training rows');
  });
});

describe('POST /evaluate with progress', () => {
  const events = { 'content-type': 'application/json', accept: 'text/event-stream' };

  it('tells progress, and at the end what the JSON answer is', async () => {
    const service = await withLoans();
    const compare = [{}, { method: 'smoothed' }, { lambda: { relative: 1 } }];
    const json = await service.post('/evaluate').send({ ...REQUEST, compare });
    const { text, headers } = await service
      .post('/evaluate')
      .set('accept', 'text/event-stream')
      .send({ ...REQUEST, compare })
      .expect(200);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-request-id': expect.any(String),
    });
    const told = parseEvents(text);
    expect(told[0]).toEqual({ event: 'progress', data: { done: 0, total: 200 } });
    expect(told.at(-2)).toEqual({ event: 'progress', data: { done: 200, total: 200 } });
    expect(told.at(-1)).toEqual({ event: 'result', data: json.body });
  });

  it('ends with problem details where a lambda turns out not to fit, and logs the code', async () => {
    const lines: string[] = [];
    const service = await withLoans({ log: { write: (line) => lines.push(line) } });
    const compare = [{}, { lambda: { relative: 1e308 } }];
    const { text } = await service
      .post('/evaluate')
      .set('accept', 'text/event-stream')
      .set('x-request-id', 'mine-7')
      .send({ ...REQUEST, compare })
      .expect(200);
    expect(parseEvents(text).at(-1)).toEqual({
      event: 'error',
      data: {
        type: 'urn:surety:problem:invalid_settings',
        title: 'The settings do not fit the data',
        status: 422,
        detail: 'lambda: too large for these features, it overflows',
        code: 'invalid_settings',
        requestId: 'mine-7',
      },
    });
    const logged = lines.map((line) => JSON.parse(line)).filter(({ requestId }) => requestId === 'mine-7');
    expect(logged).toMatchObject([{ status: 200, code: 'invalid_settings', model: 'loans', rows: 50 }]);
  });

  it('says nothing of the inside when it fails on our side, and logs that', async () => {
    const lines: string[] = [];
    const service = await withLoans({ log: { write: (line) => lines.push(line) } });
    Object.assign(service.app.models.get('loans').source, { means: new Float64Array(1) });
    const response = await service.post('/evaluate').set('accept', 'text/event-stream').send(REQUEST);
    expect(parseEvents(response.text).at(-1)).toMatchObject({
      event: 'error',
      data: { code: 'internal_error', detail: 'The request failed on our side; its id is in our log' },
    });
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ level: 50, msg: 'request failed', code: 'internal_error' }),
    );
  });

  it('arrives while it happens, other requests are answered meanwhile, and a client that goes ends the work', async () => {
    const lines: string[] = [];
    const service = await withLoans({ log: { write: (line) => lines.push(line) } });
    const aborter = new AbortController();
    const response = await fetch(`${service.url}/evaluate`, {
      method: 'POST',
      headers: events,
      body: JSON.stringify(LONG),
      signal: aborter.signal,
    });
    let text = '';
    const reading = (async () => {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
    })().catch(() => {});
    await until(() => text.split('\n\n').length > 5, 'told more than once');
    const told = parseEvents(text).map(({ data }) => data as { done: number; total: number });
    expect(told[0]).toEqual({ done: 0, total: 100_000 });
    expect(told.at(-1)!.done).toBeGreaterThan(told[1]!.done);
    expect(told.at(-1)!.done).toBeLessThan(50_000);

    const began = cpuTime();
    expect((await call(service.url, 'GET', '/livez')).status).toBe(200);
    expect(cpuTime() - began).toBeLessThan(500);

    const before = text.length;
    await until(() => text.length > before, 'told more'); // the work goes on ..
    aborter.abort();
    await reading;
    await until(() => lines.some((line) => line.includes('request aborted')), 'noticed');
    await atRest(); // .. and ends
    const logged = lines.map((line) => JSON.parse(line));
    expect(logged.filter(({ msg }) => msg === 'request aborted')).toHaveLength(1);
    expect(logged.filter(({ level }) => level > 30)).toEqual([]);
  });
});

describe('a long POST /evaluate as JSON', () => {
  it('leaves turns to others, and ends when the client goes', async () => {
    const lines: string[] = [];
    const service = await withLoans({ log: { write: (line) => lines.push(line) } });
    const aborter = new AbortController();
    const call = fetch(`${service.url}/evaluate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(LONG),
      signal: aborter.signal,
    });
    const [received] = await once(service.app.server, 'request');
    await once(received, 'end');
    await sleep(500);
    const began = cpuTime();
    await service.get('/livez').expect(200);
    expect(cpuTime() - began).toBeLessThan(500);
    aborter.abort();
    await expect(call).rejects.toThrow(/abort/);
    await until(() => lines.some((line) => line.includes('request aborted')), 'noticed');
    await atRest();
  });
});

describe('a service that stops', () => {
  it('answers an evaluation in flight to its end', async () => {
    const service = await withLoans();
    const events = postJson(service.url, '/evaluate', REQUEST, { headers: { accept: 'text/event-stream' } });
    await once(service.app.server, 'request');
    await service.stop();
    const { status, text } = await events;
    expect(status).toBe(200);
    expect(parseEvents(text).at(-1)!.event).toBe('result');
  });
});

/** Waits until all threads together take little processor time; one that is busy takes nearly all of its time. */
function atRest(): Promise<void> {
  const took = async () => {
    const began = cpuTime();
    await sleep(300);
    return cpuTime() - began;
  };
  return until(async () => (await took()) < 100, 'at rest', 5000);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { pointsOf } from '../support/models/points.ts';
import { bitsIn } from '../support/models/registry.ts';
import { type Service, startService } from '../support/process/service.ts';

const points = pointsOf({ rows: 3000, columns: 100, classes: 3, seed: 11 });
const INSTANCES = points.instances(12);
const REGISTRATION = { name: 'm', features: points.features, labels: points.labels };
/** Keeps a worker busy for many seconds, unless its client goes away; 16 instances share their samples. */
const longFor = (instances: number) => ({
  model: 'm',
  instances: Array.from({ length: instances }, (_, k) => INSTANCES[k % INSTANCES.length]),
  method: 'monte-carlo',
  monteCarlo: { samples: 1_000_000 },
});

async function withModel(config: { workers: number; maxQueued: number }): Promise<Service> {
  const service = await startService({ config });
  const settings = { partitions: { count: 5, threat: 'labels' } };
  await service
    .post('/models')
    .send({ ...REGISTRATION, settings })
    .expect(201);
  return service;
}

const post = ({ url }: Service, body: object, signal: AbortSignal | null = null) =>
  fetch(`${url}/certify`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });

/** Bodies of all methods and options, one of them with an instance that does not fit. */
const BODIES = [
  { method: 'exact' },
  { method: 'exact', require: { flips: 40 } },
  {
    method: 'exact',
    threat: {
      transitions: [
        ['c0', 'c1'],
        ['c2', 'c0'],
      ],
    },
  },
  { method: 'exact', explain: { breakingSet: true, radius: true, reasons: 5, influentialRows: 5 } },
  { method: 'exact', explain: { invariantTo: ['0', '1'] } },
  { method: 'smoothed' },
  { method: 'smoothed', noise: { q: 0.1 } },
  { method: 'monte-carlo', monteCarlo: { samples: 100, seed: 3 } },
  { method: 'partition' },
].flatMap((options, k) =>
  Array.from({ length: 5 }, (_, j) => {
    const own = INSTANCES.slice(j, j + 1 + ((j + k) % 4)); // a second asks for another part, and for more
    return { model: 'm', ...options, instances: j === 2 ? [...own, [1, 2]] : own };
  }),
);

describe('POST /certify, from many clients at once', () => {
  it('answers each as if it were alone, bit for bit', async () => {
    const service = await withModel({ workers: 2, maxQueued: 10_000 });
    const ask = async (body: object) => (await service.post('/certify').send(body).expect(200)).body;
    const alone: string[] = [];
    for (const body of BODIES) alone.push(bitsIn(await ask(body)));
    for (let round = 0; round < 3; round++) {
      const together = await Promise.all(BODIES.map(ask));
      for (const [k, answer] of together.entries()) expect(bitsIn(answer)).toBe(alone[k]);
    }
  });

  it('answers 503 with Retry-After when too many instances are waiting, and goes on when they do not', async () => {
    const service = await withModel({ workers: 1, maxQueued: 5 });
    const long = new AbortController();
    const stopped = expect(post(service, longFor(19), long.signal)).rejects.toThrow('aborted');
    await sleep(300);
    const refused = await service.post('/certify').send({ model: 'm', instances: INSTANCES.slice(0, 3) });
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.type).toBe('application/problem+json');
    expect(refused.body).toEqual({
      type: 'urn:surety:problem:overloaded',
      title: 'Too much is waiting already',
      status: 503,
      detail:
        '3 instances are waiting to be certified, at most 5 may, half of them of one caller (SURETY_MAX_QUEUED); try again',
      code: 'overloaded',
      requestId: refused.headers['x-request-id'],
    });
    await service.get('/livez').expect(200);
    long.abort();
    await stopped;
    await service
      .post('/certify')
      .send({ model: 'm', instances: INSTANCES.slice(0, 3) })
      .expect(200);
  });

  it('takes a client that goes away out of the queue', async () => {
    const service = await withModel({ workers: 1, maxQueued: 5 });
    const long = new AbortController();
    const stopped = expect(post(service, longFor(1), long.signal)).rejects.toThrow('aborted');
    await sleep(300);
    const impatient = new AbortController();
    const gone = expect(post(service, longFor(21), impatient.signal)).rejects.toThrow('aborted');
    await sleep(100);
    const next = { model: 'm', instances: INSTANCES.slice(0, 5) };
    expect((await post(service, next)).status).toBe(503);
    impatient.abort();
    await gone;
    await sleep(100);
    // between the slices of the first, which still goes on
    expect((await post(service, next)).status).toBe(200);
    long.abort();
    await stopped;
  });

  it('answers who asked before a model was deleted', async () => {
    const service = await withModel({ workers: 2, maxQueued: 10_000 });
    const asked = Array.from({ length: 20 }, () =>
      post(service, { model: 'm', method: 'smoothed', instances: INSTANCES }),
    );
    await sleep(30);
    await service.delete('/models/m').expect(204);
    const statuses = await Promise.all(asked.map(async (answer) => (await answer).status));
    expect(statuses.every((status) => status === 200 || status === 404)).toBe(true);
    expect(statuses).toContain(200);
    await service.post('/certify').send({ model: 'm', instances: INSTANCES }).expect(404);
  });
});

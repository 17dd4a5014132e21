import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { pointsOf } from '../support/models/points.ts';
import { bearer, keyOf } from '../support/process/keys.ts';
import { type Service, startService } from '../support/process/service.ts';

const points = pointsOf({ rows: 50_000, columns: 20, classes: 2, seed: 3 });
const [instance] = points.instances(1);

/** A service with the model `m` of 50,000 rows, and the keys of two callers. */
async function withCallers(config: object = {}) {
  const service = await startService({ config: { auth: true, workers: 1, ...config } });
  const registration = { name: 'm', features: points.features, labels: points.labels, classes: ['c0', 'c1'] };
  await service
    .post('/models')
    .set(bearer(await keyOf(service)))
    .send(registration)
    .expect(201);
  const keys = [await keyOf(service, { scopes: ['certify'] }), await keyOf(service, { scopes: ['certify'] })];
  return { service, busy: keys[0]!, other: keys[1]! };
}

const send = ({ url }: Service, key: string, path: string, body: object, signal: AbortSignal | null = null) =>
  fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer(key) },
    body: JSON.stringify(body),
    signal,
  });

async function msOf(act: () => Promise<Response>): Promise<number> {
  const began = performance.now();
  const response = await act();
  await response.text();
  expect(response.status).toBe(200);
  return performance.now() - began;
}

describe('a caller that asks for much', () => {
  it('leaves the only worker to others between slices of a million samples', async () => {
    const { service, busy, other } = await withCallers({ maxWork: 1e15 });
    const certify = { model: 'm', instances: [instance] };
    const ask = () => send(service, other, '/certify', certify);
    const alone = Math.max(await msOf(ask), await msOf(ask));
    const gone = new AbortController();
    const million = { ...certify, method: 'monte-carlo', monteCarlo: { samples: 1_000_000 } };
    const long = [0, 1].map(() =>
      expect(send(service, busy, '/certify', million, gone.signal)).rejects.toThrow(),
    );
    await sleep(500);
    const waited: number[] = [];
    for (let k = 0; k < 5; k++) waited.push(await msOf(ask));
    // a slice is some 200 ms, on a machine that does nothing else
    expect(Math.max(...waited)).toBeLessThan(alone + 2000);
    gone.abort();
    await Promise.all(long);
  });

  it('shares the workers with others evenly, however many requests it has', async () => {
    const { service, busy, other } = await withCallers();
    const many = { model: 'm', instances: points.instances(64), method: 'smoothed' };
    const began = performance.now();
    let busyDone = 0;
    const flood = Array.from({ length: 8 }, () =>
      msOf(() => send(service, busy, '/certify', many)).then(() => busyDone++),
    );
    await sleep(50);
    await msOf(() => send(service, other, '/certify', many));
    const [took, before] = [performance.now() - began, busyDone];
    await Promise.all(flood);
    const whole = performance.now() - began;
    // its share is half of the worker until it is done: 2 of 9 parts of the work, and not all of it
    expect(took / whole).toBeLessThan(0.6);
    expect(before).toBeLessThanOrEqual(4);
  });

  it('does not fill the queue for others', async () => {
    const { service, busy, other } = await withCallers({ maxQueued: 100 });
    const gone = new AbortController();
    const filling = { model: 'm', instances: points.instances(160), method: 'smoothed' };
    const first = expect(send(service, busy, '/certify', filling, gone.signal)).rejects.toThrow();
    await sleep(300);
    const more = { ...filling, instances: points.instances(20) };
    expect((await send(service, busy, '/certify', more)).status).toBe(503);
    gone.abort();
    await first;
    await msOf(() => send(service, other, '/certify', more));
  });

  it('does not shut /votes for others with fresh noise', async () => {
    const { service, busy, other } = await withCallers();
    const votes = (q: number) => ({
      noise: { kind: 'labels', q, classes: 2 },
      votes: { top: 999_999_999, total: 1_000_000_000 },
    });
    const statuses = Array.from({ length: 40 }, (_, k) =>
      send(service, busy, '/votes', votes(0.4999 + k * 1e-7)).then(({ status }) => status),
    );
    await sleep(100);
    expect((await send(service, other, '/votes', votes(0.49985))).status).toBe(200);
    const answered = await Promise.all(statuses);
    expect(answered.filter((status) => status === 200).length).toBeGreaterThanOrEqual(16);
    expect(new Set(answered)).toEqual(new Set([200, 503]));
  }, 120_000);

  it('is told when one request is more work than one may ask for, before anything is done', async () => {
    const { service, busy } = await withCallers();
    const million = {
      model: 'm',
      instances: [instance],
      method: 'monte-carlo',
      monteCarlo: { samples: 1_000_000 },
    };
    const response = await send(service, busy, '/certify', million);
    expect([response.status, await response.json()]).toEqual([
      422,
      expect.objectContaining({
        code: 'too_much_work',
        detail:
          'the request takes about 6.8e+11 multiply-adds, at most 5.0e+11 may be asked for at once (SURETY_MAX_WORK); ask for fewer instances, samples or explanations at a time',
      }),
    ]);
    const key = await keyOf(service, { scopes: ['evaluate'] });
    const evaluation = { ...million, instances: points.instances(200), labels: Array(200).fill('c0') };
    const refused = await send(service, key, '/evaluate', evaluation);
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      422,
      'too_much_work',
    ]);
  });
});

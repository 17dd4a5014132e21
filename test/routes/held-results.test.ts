import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startService } from '../support/process/service.ts';

const CLASSES = 500;
const MB = 2 ** 20;

/** A model of 500 classes, whose results take some 20 kB each, and an account of 8 MB. */
async function withManyClasses() {
  const service = await startService({ config: { maxHeldBytes: 8 * MB, workers: 1 } });
  const features = Array.from({ length: CLASSES }, (_, row) => [Math.sin(row), Math.cos(3 * row)]);
  const labels = features.map((_, row) => `class ${row}`);
  await service.post('/models').send({ name: 'm', features, labels, classes: labels }).expect(201);
  const body = (instances: number) => ({
    model: 'm',
    instances: Array.from({ length: instances }, (_, k) => [Math.sin(k), 1]),
  });
  return { service, body };
}

describe('results that wait to be sent', () => {
  it('are on the account of their caller until they are, and it is told when they cannot be', async () => {
    const { service, body } = await withManyClasses();
    const ask = (instances: number) => service.post('/certify').send(body(instances));
    const both = await Promise.all([ask(150), ask(150)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 503]);
    expect(both.find(({ status }) => status === 503)!.body).toMatchObject({ code: 'overloaded' });
    await ask(150).expect(200);
    const { body: refused } = await ask(300).expect(422);
    expect(refused.code).toBe('too_many_instances');
    expect(refused.detail).toMatch(/at most 204 instances \(half of SURETY_MAX_HELD_BYTES\), got 300$/);
    expect(service.app.heldBytes.total).toBe(0);
  });

  it('are let go of when the client has gone', async () => {
    const { service, body } = await withManyClasses();
    const gone = new AbortController();
    const asked = expect(
      fetch(`${service.url}/certify`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...body(100), method: 'monte-carlo', monteCarlo: { samples: 1_000_000 } }),
        signal: gone.signal,
      }),
    ).rejects.toThrow();
    for (let waited = 0; waited < 5000 && service.app.heldBytes.total === 0; waited += 10) await sleep(10);
    expect(service.app.heldBytes.total).toBeGreaterThan(3 * MB);
    gone.abort();
    await asked;
    for (let waited = 0; waited < 5000 && service.app.heldBytes.total > 0; waited += 10) await sleep(10);
    expect(service.app.heldBytes.total).toBe(0);
  });
});

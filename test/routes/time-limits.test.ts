import { describe, expect, it } from 'vitest';
import { EXAMPLE_CERTIFIED_FLIPS, EXAMPLE_LABEL_VOTES } from '../../schemas/examples.ts';
import { application } from '../support/models/loans.ts';
import { parseEvents } from '../support/process/events.ts';
import { until } from '../support/process/process.ts';
import { certify, evaluate, register } from '../support/process/provocations.ts';
import { startService } from '../support/process/service.ts';

const LIMIT = { config: { requestTimeoutMs: 300 } };
const SECONDS_OF_WORK = {
  method: 'monte-carlo',
  monteCarlo: { samples: 20_000 },
  instances: Array(1000).fill(application(0)),
};
const LABELS = SECONDS_OF_WORK.instances.map(() => 'repaid');

describe('an answer that takes longer than SURETY_REQUEST_TIMEOUT_MS', () => {
  it.each([
    ['POST /certify', certify(SECONDS_OF_WORK)],
    ['POST /evaluate', evaluate({ ...SECONDS_OF_WORK, labels: LABELS })],
  ])('%s: is 503 timed_out, and its work ends', async (_operation, send) => {
    const service = await startService(LIMIT);
    await register({})(service).expect(201);
    const begun = performance.now();
    const { body, headers } = await send(service).expect(503);
    expect(performance.now() - begun).toBeLessThan(3000);
    expect(body).toMatchObject({
      code: 'timed_out',
      detail: 'There was no answer after 300 ms (SURETY_REQUEST_TIMEOUT_MS), so the work on it has ended',
    });
    expect(headers['retry-after']).toBe('1');
    expect(service.app.workers.waiting).toBe(0);
    await certify({})(service).expect(200);
  });

  it('POST /votes: likewise, new thresholds for one request at a time', async () => {
    const service = await startService(LIMIT);
    const ask = (k: number) =>
      service.post('/votes').send({
        noise: { kind: 'labels', q: 0.4999 - k / 1e6, classes: 2 }, // for each k new ones, which take a second or two
        votes: { top: 1e9, total: 1e9 },
      });
    const begun = performance.now();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, k) => ask(k)));
    expect(performance.now() - begun).toBeLessThan(5000);
    for (const { body } of answers) expect(body.code).toBe('timed_out');
    const settled = await service.post('/votes').send(EXAMPLE_LABEL_VOTES).expect(200);
    expect(settled.body).toEqual(EXAMPLE_CERTIFIED_FLIPS);
  });

  it('is still given as events, which tell how far it is', async () => {
    const service = await startService(LIMIT);
    await register({})(service).expect(201);
    const begun = performance.now();
    const answer = await evaluate({ ...SECONDS_OF_WORK, monteCarlo: { samples: 3000 }, labels: LABELS })(
      service,
    )
      .set('accept', 'text/event-stream')
      .expect(200);
    expect(performance.now() - begun).toBeGreaterThan(300);
    expect(parseEvents(answer.text).at(-1)!.event).toBe('result');
    await until(async () => (await certify({})(service)).status === 200, 'going on');
  });
});

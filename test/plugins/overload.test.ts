import { setImmediate as turn } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { until } from '../support/process/process.ts';
import { startService } from '../support/process/service.ts';

/** Holds the event loop, again and again, for so many milliseconds in all, and asks something in between. */
async function holdTheLoop(app: FastifyInstance, ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; await app.inject('/models')) {
    for (const pause = performance.now() + 200; performance.now() < pause; );
    await turn();
  }
}

describe('a service whose event loop is held up', () => {
  it('refuses requests, answers probes, and recovers', async () => {
    const { app } = await startService({ config: { maxEventLoopDelayMs: 100 } });
    await holdTheLoop(app, 3500);
    const refused = await app.inject('/models');
    expect([refused.statusCode, refused.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'overloaded', detail: 'The service is too busy; try again' }),
    ]);
    expect(refused.headers['retry-after']).toBe('1');
    for (const path of ['/livez', '/healthz', '/readyz'])
      expect((await app.inject(path)).statusCode).toBe(200);
    await until(async () => (await app.inject('/models')).statusCode === 200, 'recovered', 5000);
  });

  it('goes on after one turn that took more than a whole second', async () => {
    const { app } = await startService({ config: { maxEventLoopDelayMs: 1000 } });
    await turn();
    for (const end = performance.now() + 2500; performance.now() < end; );
    for (let asked = 0; asked < 20; asked++) {
      expect((await app.inject('/models')).statusCode).toBe(200);
      await turn();
    }
  });

  it('goes on as long as the delay is allowed', async () => {
    const { app } = await startService({ config: { maxEventLoopDelayMs: 1000 } });
    await holdTheLoop(app, 3500);
    expect((await app.inject('/models')).statusCode).toBe(200);
  });
});

import { describe, expect, it } from 'vitest';
import { startService } from '../support/process/service.ts';

describe('GET /livez', () => {
  it('answers while models are still being loaded', async () => {
    const service = await startService({ load: false });
    const response = await service.get('/livez').expect(200);
    expect(response.body).toEqual({ status: 'alive' });
    const habit = await fetch(`${service.url}/healthz`);
    expect([habit.status, await habit.json()]).toEqual([200, { status: 'alive' }]);
  });
});

describe('GET /readyz', () => {
  it('is 503 before the models are loaded, 200 after, 503 while draining', async () => {
    const service = await startService({ load: false });
    const starting = await service.get('/readyz').expect(503);
    expect(starting.body.code).toBe('not_ready');
    expect(starting.headers['retry-after']).toBe('1');
    await service.app.models.load();
    const ready = await service.get('/readyz').expect(200);
    expect(ready.body).toEqual({ status: 'ready', models: 0, damaged: [] });
    service.app.draining = true;
    const draining = await service.get('/readyz').expect(503);
    expect(draining.body.detail).toBe('the service is stopping');
  });

  it('is 200 and degraded while the store does not answer: taking all replicas away would serve nobody', async () => {
    const service = await startService();
    const outage = 'the store does not answer';
    Object.defineProperty(service.app.store, 'outage', { value: outage });
    const { body } = await service.get('/readyz').expect(200);
    expect(body).toEqual({ status: 'degraded', reasons: [outage], models: 0, damaged: [] });
  });

  it('is 200 and degraded while the store answers, and stored models cannot be read', async () => {
    const service = await startService();
    Object.defineProperty(service.app.models, 'unread', { value: 2 });
    const { body } = await service.get('/readyz').expect(200);
    expect(body).toMatchObject({ status: 'degraded', reasons: ['2 stored models cannot be read now'] });
  });
});

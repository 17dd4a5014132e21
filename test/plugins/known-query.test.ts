import { describe, expect, it } from 'vitest';
import { certify, register } from '../support/process/provocations.ts';
import { startService } from '../support/process/service.ts';

describe('the query of an address', () => {
  it('is refused where nobody reads it, by name, before anything is done', async () => {
    const service = await startService();
    const { body } = await service.post('/models?dryRun=true').send({}).expect(400);
    expect(body).toMatchObject({ code: 'invalid_request', detail: 'query: unknown: dryRun' });
    await register({})(service).expect(201);
    await service.delete('/models/loans?versoin=1').expect(400);
    await service.get('/models?limit=1&limit=2').expect(400);
    await certify({})(service).expect(200);
  });

  it('does no harm to probes, pages, and addresses that are not there', async () => {
    const service = await startService();
    await service.get('/livez?verbose').expect(200);
    await service.get('/readyz?verbose=1').expect(200);
    expect((await fetch(`${service.url}/docs?a=1`)).status).toBe(200);
    expect((await fetch(`${service.url}/nowhere?a=1`)).status).toBe(404);
  });
});

it('GET / leads to the documentation', async () => {
  const service = await startService();
  const response = await fetch(`${service.url}/`);
  expect([response.status, new URL(response.url).pathname]).toEqual([200, '/docs']);
  expect(await response.text()).toContain('swagger-ui');
});

import { describe, expect, it } from 'vitest';
import { loansCsv } from '../support/models/loans.ts';
import { certify, csv } from '../support/process/provocations.ts';
import { type Service, startService } from '../support/process/service.ts';

const DESK = 'https://desk.example.com';

const preflight = ({ app }: Service, origin: string) =>
  app.inject({
    method: 'OPTIONS',
    url: '/certify',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  });

const corsHeaders = (headers: object) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'));

describe('pages of other origins', () => {
  it('are told nothing by default', async () => {
    const service = await startService();
    const asked = await preflight(service, DESK);
    expect([asked.statusCode, asked.json().code]).toEqual([404, 'not_found']);
    const { headers } = await service.get('/models').set('origin', DESK);
    expect(corsHeaders({ ...asked.headers, ...headers })).toEqual([]);
  });

  it('may call where their origin is listed, and read also what went wrong', async () => {
    const service = await startService({ config: { corsOrigins: ['http://localhost:8080', DESK] } });
    const asked = await preflight(service, DESK);
    expect(asked.statusCode).toBe(204);
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': DESK,
      'access-control-allow-methods': 'GET, HEAD, POST, DELETE',
      'access-control-allow-headers': 'authorization, content-type, x-request-id',
    });
    expect(asked.headers).not.toHaveProperty('access-control-allow-credentials');
    const { headers } = await certify({})(service).set('origin', DESK).expect(404);
    expect(headers).toMatchObject({ 'access-control-allow-origin': DESK, vary: 'Origin' });
    expect(headers['access-control-expose-headers']).toContain('x-request-id');
  });

  it.each([`${DESK}.evil.example`, 'http://desk.example.com', 'null', ''])(
    'are told nothing where %j is not listed',
    async (origin) => {
      const service = await startService({ config: { corsOrigins: [DESK] } });
      const asked = await preflight(service, origin);
      expect([asked.statusCode, asked.json().code]).toEqual([404, 'not_found']);
      const { headers } = await service.get('/models').set('origin', origin).expect(200);
      expect(corsHeaders({ ...asked.headers, ...headers })).toEqual([]);
    },
  );

  it('may not send a form where browsers do not say where it is from: then its origin does', async () => {
    const service = await startService();
    const send = (origin: string) => csv(loansCsv())(service).set('origin', origin);
    for (const origin of [DESK, 'null', 'http://127.0.0.1', 'http://localhost:1']) {
      const { body } = await send(origin).expect(403);
      expect(body.code).toBe('foreign_origin');
    }
    await send(service.url).expect(201);
    const open = await startService({ config: { corsOrigins: [DESK] } });
    await csv(loansCsv())(open).set('origin', DESK).expect(201);
  });

  it.each(['cross-site', 'same-site'])(
    'may not send a form either, which browsers allow (%s)',
    async (site) => {
      const service = await startService();
      const send = (...headers: [string, string][]) => {
        const request = csv(loansCsv())(service);
        for (const [name, value] of headers) request.set(name, value);
        return request;
      };
      const { body } = await send(['origin', DESK], ['sec-fetch-site', site]).expect(403);
      expect(body).toMatchObject({
        code: 'foreign_origin',
        detail: 'SURETY_CORS_ORIGINS does not list the origin of the page',
      });
      await send(['sec-fetch-site', site]).expect(403);
      await service.delete('/models/loans').set('sec-fetch-site', site).expect(403);
      await service.get('/models').set('sec-fetch-site', site).expect(200);
      await send(['origin', service.url], ['sec-fetch-site', 'same-origin']).expect(201);
      await send(['sec-fetch-site', 'none']).expect(200);

      const open = await startService({ config: { corsOrigins: [DESK] } });
      await csv(loansCsv())(open).set('origin', DESK).set('sec-fetch-site', site).expect(201);
      await csv(loansCsv())(open)
        .set('origin', 'https://other.example')
        .set('sec-fetch-site', site)
        .expect(403);
    },
  );
});

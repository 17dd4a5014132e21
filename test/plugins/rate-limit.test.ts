import Fastify, { type FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Caller } from '../../src/caller.ts';
import { problemDetails } from '../../src/plugins/problem-details.ts';
import { failureLimit, requestLimit, tooMany } from '../../src/plugins/rate-limit.ts';
import { certify } from '../support/process/provocations.ts';
import { startService } from '../support/process/service.ts';

const LIMITED = { code: 'rate_limited', status: 429, title: 'Too many requests' };

describe('the requests of an address', () => {
  it('are 429 beyond the limit of a minute, whatever they ask for but a probe', async () => {
    const service = await startService({ config: { rateLimit: 3 } });
    const first = await service.get('/models').expect(200);
    expect(first.headers).toMatchObject({ 'ratelimit-limit': '3', 'ratelimit-remaining': '2' });
    await certify({})(service).expect(404);
    expect((await fetch(`${service.url}/nowhere`)).status).toBe(404);
    for (const send of [() => service.get('/models'), () => certify({})(service)]) {
      const { body, type, headers } = await send().expect(429);
      expect(type).toBe('application/problem+json');
      expect(body).toMatchObject({
        ...LIMITED,
        detail: 'At most 3 requests a minute are answered; try again after Retry-After',
        requestId: headers['x-request-id'],
      });
      expect(headers).toMatchObject({ 'ratelimit-limit': '3', 'ratelimit-remaining': '0' });
      for (const name of ['retry-after', 'ratelimit-reset']) {
        expect(Number(headers[name])).toBeGreaterThan(0);
        expect(Number(headers[name])).toBeLessThanOrEqual(60);
      }
    }
    expect((await fetch(`${service.url}/nowhere`)).status).toBe(429);
    for (let probe = 0; probe < 5; probe++) {
      for (const path of ['/livez', '/readyz', '/healthz'])
        expect((await fetch(service.url + path)).status).toBe(200);
    }
  });

  it('are not counted with the limit 0', async () => {
    const service = await startService({ config: { rateLimit: 0 } });
    const { headers } = await service.get('/models').expect(200);
    expect(headers).not.toHaveProperty('ratelimit-limit');
  });

  it('are those of the client behind a trusted proxy, whoever claims to be one', async () => {
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const direct = await startService({ config: { rateLimit: 1 } });
    await direct.get('/models').set(from('192.0.2.1')).expect(200);
    await direct.get('/models').set(from('192.0.2.2')).expect(429);
    const behind = await startService({
      config: { rateLimit: 1, trustedProxies: ['10.0.0.0/8', '127.0.0.1'] },
    });
    await behind.get('/models').set(from('192.0.2.1')).expect(200);
    await behind.get('/models').set(from('192.0.2.2')).expect(200);
    await behind.get('/models').set(from('192.0.2.2')).expect(429);
    // what the client itself sent stands before what the proxies add
    await behind.get('/models').set(from('192.0.2.3, 192.0.2.1, 10.1.2.3')).expect(429);
    await behind.get('/models').set(from('2001:db8::1')).expect(200);
    await behind.get('/models').set(from('2001:db8::ffff')).expect(429); // of one network
  });
});

describe('a request whose client has gone', () => {
  it('has no address to count for, and goes on', async () => {
    const app = Fastify();
    onTestFinished(() => app.close());
    app.decorateRequest('caller', null);
    app.addHook('onRequest', async ({ socket }) => {
      Object.defineProperty(socket, 'remoteAddress', { value: undefined });
    });
    await app.register(failureLimit, { failures: 10 });
    await app.register(requestLimit, { requests: 10 });
    app.get('/', async (_request, reply) => reply.code(401).send());
    for (let k = 0; k < 2; k++) expect((await app.inject('/')).statusCode).toBe(401);
  });
});

/** A service in which the header `key` is who calls, and the key `wrong` is refused. */
async function withAccess(limits: { requests: number; failures: number }): Promise<FastifyInstance> {
  const app = Fastify({ trustProxy: true });
  onTestFinished(() => app.close());
  app.decorateRequest('caller', null);
  app.decorateRequest('summary', null);
  await app.register(problemDetails);
  await app.register(failureLimit, limits);
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.open === true) return;
    const id = String(request.headers.key);
    if (id !== 'wrong') request.caller = { id } as Caller;
    else if (request.lockedOut === null) return reply.code(401).send();
    else throw tooMany(`${request.lockedOut} s`);
  });
  await app.register(requestLimit, limits);
  app.addHook('onRequest', async (request, reply) => {
    if (request.caller?.id === 'forbidden') return reply.code(403).send();
  });
  app.get('/', async () => 'done');
  app.get('/metrics', { config: { probe: true } }, async () => 'numbers');
  app.get('/livez', { config: { probe: true, open: true } }, async () => 'yes');
  app.get('/docs', { config: { open: true } }, async () => 'page');
  return app;
}

const statusOf = async (app: FastifyInstance, key: string, address = '192.0.2.1') => {
  const response = await app.inject({ url: '/', headers: { key, 'x-forwarded-for': address } });
  return response.statusCode;
};

describe('the requests of a caller', () => {
  it('count from whatever address, and those of another caller apart', async () => {
    const app = await withAccess({ requests: 2, failures: 0 });
    expect(await statusOf(app, 'bank', '192.0.2.1')).toBe(200);
    expect(await statusOf(app, 'bank', '192.0.2.2')).toBe(200);
    expect(await statusOf(app, 'bank', '192.0.2.3')).toBe(429);
    expect(await statusOf(app, 'desk', '192.0.2.1')).toBe(200);
  });

  it('count where they are refused for want of a scope too', async () => {
    const app = await withAccess({ requests: 2, failures: 0 });
    for (let k = 0; k < 2; k++) expect(await statusOf(app, 'forbidden')).toBe(403);
    expect(await statusOf(app, 'forbidden')).toBe(429);
  });

  it('do not count where they are refused before', async () => {
    const app = await withAccess({ requests: 1, failures: 0 });
    for (let k = 0; k < 5; k++) expect(await statusOf(app, 'wrong')).toBe(401);
    expect(await statusOf(app, 'bank')).toBe(200);
  });
});

describe('the pages of the documentation', () => {
  it('have a limit of their own for each address', async () => {
    const app = await withAccess({ requests: 100_000, failures: 0 });
    for (let k = 0; k < 600; k++) expect((await app.inject('/docs')).statusCode).toBe(200);
    expect((await app.inject('/docs')).statusCode).toBe(429);
    expect(await statusOf(app, 'bank', '127.0.0.1')).toBe(200);
  });
});

describe('failed authentications of an address', () => {
  it('beyond the limit of a minute lock it out, where it shows wrong credentials again, and no other address', async () => {
    const app = await withAccess({ requests: 0, failures: 3 });
    for (let k = 0; k < 3; k++) expect(await statusOf(app, 'wrong')).toBe(401);
    expect(await statusOf(app, 'wrong')).toBe(429);
    expect(await statusOf(app, 'bank')).toBe(200);
    expect(await statusOf(app, 'wrong', '192.0.2.2')).toBe(401);
  });

  it('are counted for as many addresses as are said', async () => {
    const app = await withAccess({ requests: 0, failures: 1 });
    expect(await statusOf(app, 'wrong')).toBe(401);
    for (let k = 0; k < 6000; k++) await statusOf(app, 'wrong', `10.0.${k >> 8}.${k & 255}`);
    expect(await statusOf(app, 'wrong')).toBe(429);
  });

  it('count where a probe asks for credentials, and open probes answer all the same', async () => {
    const app = await withAccess({ requests: 1, failures: 2 });
    const statusAt = async (url: string, key: string) =>
      (await app.inject({ url, headers: { key } })).statusCode;
    for (let k = 0; k < 2; k++) expect(await statusAt('/metrics', 'wrong')).toBe(401);
    expect(await statusAt('/metrics', 'wrong')).toBe(429);
    for (let k = 0; k < 3; k++) expect(await statusAt('/livez', 'wrong')).toBe(200);
  });

  it('are not counted with the limit 0', async () => {
    const app = await withAccess({ requests: 0, failures: 0 });
    for (let k = 0; k < 400; k++) expect(await statusOf(app, 'wrong')).toBe(401);
    expect(await statusOf(app, 'bank')).toBe(200);
  });
});

import net from 'node:net';
import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KeyRing } from '../../src/access/key-ring.ts';
import { access } from '../../src/plugins/access.ts';
import { failureLimit } from '../../src/plugins/rate-limit.ts';
import { application, REGISTRATION } from '../support/models/loans.ts';
import { bearer, keyOf, looseKey } from '../support/process/keys.ts';
import { call, until } from '../support/process/process.ts';
import { type Service, startService } from '../support/process/service.ts';
import { startIssuer } from '../support/process/tokens.ts';
import { sqliteDatabase } from '../support/stores/databases.ts';

const closed = () => startService({ config: { auth: true } });
const CHALLENGE = 'Bearer realm="surety"';

describe('a route', () => {
  /** An application with one more route. */
  async function withRoute(on: boolean, route: Partial<RouteOptions>): Promise<FastifyInstance> {
    const app = Fastify();
    onTestFinished(() => app.close());
    const keys = new KeyRing((await sqliteDatabase().openStore()).keys, pino({ level: 'silent' }));
    await app.register(failureLimit, { failures: 0 });
    await app.register(access, { keys, tokens: null, on, loopbackOnly: false });
    app.get('/open', { config: { open: true } }, async () => 'open');
    app.register(async (child) => {
      child.route({ method: 'GET', url: '/new', handler: async () => 'new', ...route });
    });
    return app;
  }

  it.each([true, false])('that declares nothing stops the start (access control on: %s)', async (on) => {
    const problem = 'expected either a scope or open: true in the config of GET /new,HEAD /new';
    for (const route of [{}, { config: {} }, { config: { open: true, scope: 'read' } }] as const)
      await expect((await withRoute(on, route)).ready()).rejects.toThrow(problem);
  });

  it('is open or needs its scope as it declares, HEAD as GET', async () => {
    for (const method of ['GET', 'HEAD'] as const) {
      const open = await withRoute(true, { config: { open: true } });
      expect((await open.inject({ method, url: '/new' })).statusCode).toBe(200);
      const needs = await withRoute(true, { config: { scope: 'read' } });
      expect((await needs.inject({ method, url: '/open' })).statusCode).toBe(200);
      expect((await needs.inject({ method, url: '/new' })).statusCode).toBe(401);
    }
  });
});

describe('without access control', () => {
  it('only addresses of this machine are answered for, whatever page has found another name for it', async () => {
    const { app } = await startService({ config: { loopbackOnly: true } });
    const statusOf = async (host: string, url = '/models', method: 'GET' | 'DELETE' = 'GET') =>
      (await app.inject({ method, url, headers: { host } })).statusCode;
    for (const host of ['127.0.0.1:3000', 'localhost', 'LOCALHOST:3000', '[::1]:3000', '127.9.9.9'])
      expect(await statusOf(host), host).toBe(200);
    for (const host of [
      'evil.example:3000',
      'localhost.evil.example',
      '10.0.0.5',
      '127.0.0.1.evil.example',
      '[::2]',
      '@',
    ]) {
      expect(await statusOf(host), host).toBe(403);
      expect(await statusOf(host, '/models/loans', 'DELETE'), host).toBe(403);
      expect(await statusOf(host, '/livez'), host).toBe(200);
    }
    const { app: open } = await startService();
    expect((await open.inject({ url: '/models', headers: { host: 'surety' } })).statusCode).toBe(200);
  });
});

describe('an address', () => {
  it('that is not there is told only to callers who are known', async () => {
    const service = await closed();
    const key = await keyOf(service, { scopes: ['certify'] });
    const expected = {
      GET: '401 404',
      HEAD: '401 404',
      POST: '401 404',
      OPTIONS: '401 404',
      TRACE: '401 404',
    };
    for (const path of ['/nowhere', '/docs/nowhere', '/models/a/b', '/openapi.yml', '/metric', '/KEYS']) {
      for (const [method, statuses] of Object.entries(expected)) {
        const without = await call(service.url, method, path);
        const withKey = await call(service.url, method, path, { headers: bearer(key) });
        expect(`${without.status} ${withKey.status}`, `${method} ${path}`).toBe(statuses);
        expect(without.headers['www-authenticate']).toBe(CHALLENGE);
      }
    }
    for (const [method, path] of [
      ['PATCH', '/models'],
      ['OPTIONS', '/certify'],
      ['PUT', '/livez'],
    ] as const) {
      expect((await call(service.url, method, path)).status).toBe(401);
      expect((await call(service.url, method, path, { headers: bearer(key) })).status).toBe(404);
    }
    expect((await call(service.url, 'GET', '/%zz')).status).toBe(404); // that is none, for anybody
  });

  it('of a probe or of the documentation is open, also with credentials that are wrong', async () => {
    const service = await closed();
    const paths = [
      '/livez',
      '/healthz',
      '/readyz',
      '/openapi.json',
      '/openapi-3.0.json',
      '/openapi.yaml',
      '/docs',
      '/docs/',
    ];
    const assets = ['static/swagger-ui.css', 'static/swagger-ui-bundle.js', 'static/theme/surety.css'];
    for (const path of [...paths, ...assets.map((asset) => `/docs/${asset}`)]) {
      for (const headers of [{}, bearer('surety_x'), bearer('a.b.c')]) {
        for (const method of ['GET', 'HEAD'])
          expect((await call(service.url, method, path, { headers })).status, path).toBe(200);
      }
    }
  });

  it('is open to everybody where access control is off, and keys are not made there', async () => {
    const service = await startService();
    await service.get('/models').expect(200);
    await service.get('/models').set(bearer('surety_x')).expect(200);
    await service.get('/nowhere').expect(404);
    await service
      .post('/keys')
      .send({ name: 'x', scopes: ['admin'] })
      .expect(404);
    const { body } = await service.get('/openapi.json').expect(200);
    expect(body.paths['/keys']).toBeUndefined();
    expect(body.paths['/certify'].post.security).toBeUndefined();
  });
});

describe('a refusal', () => {
  it('says what is missing', async () => {
    const service = await closed();
    const key = await keyOf(service, { scopes: ['certify'], models: ['cards'] });
    const refusals = [
      [{}, '/models', 'unauthenticated', CHALLENGE],
      [{ authorization: 'Basic x' }, '/models', 'unauthenticated', CHALLENGE],
      [bearer(looseKey().key), '/models', 'unauthenticated', `${CHALLENGE}, error="invalid_token"`],
      [bearer('a.b.c'), '/models', 'unauthenticated', `${CHALLENGE}, error="invalid_token"`],
      [bearer(key), '/models', 'forbidden', `${CHALLENGE}, error="insufficient_scope", scope="read"`],
    ] as const;
    for (const [headers, path, code, challenge] of refusals) {
      const { body, headers: answer } = await service.get(path).set(headers);
      expect(body.code).toBe(code);
      expect(answer['www-authenticate']).toBe(challenge);
    }
    const { body, headers } = await service
      .post('/certify')
      .set(bearer(key))
      .send({ model: 'loans', instances: [{}] })
      .expect(403);
    expect(body.detail).toBe('the key or token is limited to other models');
    expect(headers['www-authenticate']).toBe(`${CHALLENGE}, error="insufficient_scope", scope="certify"`);
  });

  it('is the same for a model of others, whether it is there or not', async () => {
    const service = await closed();
    await service
      .post('/models')
      .set(bearer(await keyOf(service)))
      .send(REGISTRATION)
      .expect(201);
    const scopes = ['register', 'certify', 'evaluate', 'read'] as const;
    const key = bearer(await keyOf(service, { scopes, models: ['cards'] }));
    const ask = async (model: string) => {
      const instances = [application(0)];
      const answers = [
        await service.post('/certify').set(key).send({ model, instances }),
        await service
          .post('/evaluate')
          .set(key)
          .send({ model, instances, labels: ['repaid'] }),
        await service.get(`/models/${model}`).set(key),
        await service.get(`/models/${model}/versions/1`).set(key),
        await service.delete(`/models/${model}/versions/1`).set(key),
        await service.delete(`/models/${model}`).set(key),
        await service
          .post('/models')
          .set(key)
          .send({ ...REGISTRATION, name: model }),
      ];
      return answers.map(({ body: { requestId: _, ...problem } }) => problem);
    };
    expect(await ask('loans')).toEqual(await ask('nothing'));
    for (const { code } of await ask('loans')) expect(code).toBe('forbidden');
    const { body } = await service.get('/models').set(key).expect(200);
    expect(body.models).toEqual([]);
    const { body: own } = await service
      .post('/models')
      .set(key)
      .send({ ...REGISTRATION, name: 'cards' });
    expect((await service.get('/models').set(key)).body.models).toEqual([own]);
  });

  it('goes on for those who have valid credentials where others of their address guess', async () => {
    const issuer = await startIssuer();
    const service = await startService({
      config: { auth: true, tokens: issuer.settings, authFailureLimit: 3 },
    });
    const [seen, unseen] = [
      await issuer.token({ scope: 'read' }),
      await issuer.token({ scope: 'read', sub: 'b' }),
    ];
    await service.get('/models').set(bearer(seen)).expect(200);
    for (let k = 0; k < 3; k++) await service.get('/models').set(bearer('guess')).expect(401);
    for (const credentials of ['guess', unseen]) {
      const { body, headers } = await service.get('/models').set(bearer(credentials)).expect(429);
      expect([body.code, body.detail]).toEqual([
        'rate_limited',
        'This address has had too many failed authentications; try again after Retry-After',
      ]);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    }
    for (const credentials of [seen, await keyOf(service)])
      await service.get('/models').set(bearer(credentials)).expect(200);
    await service.get('/livez').expect(200);
  });

  it('comes before the body is read, which is then thrown away for some seconds', {
    timeout: 20_000,
  }, async () => {
    const service = await closed();
    const body = Buffer.alloc(2 ** 25, ' ');
    for (let k = 0; k < 5; k++) {
      const answer = await call(service.url, 'POST', '/certify', { body });
      expect(answer.status).toBe(401); // and not an error of a connection that is cut
    }
    const endless = await sendEndless(
      service,
      'POST /certify HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked',
    );
    expect(endless.answer()).toMatch(/^HTTP\/1.1 401 /);
    expect(endless.cutAfter()).toBeUndefined();
    await until(() => endless.cutAfter() !== undefined, 'cut off', 8000);
    expect(endless.cutAfter()).toBeGreaterThan(4000);
  });

  it('asks to come again when nobody can say who it is', async () => {
    const issuer = await startIssuer();
    const service = await startService({ config: { auth: true, tokens: issuer.settings } });
    await issuer.stop();
    const { body, headers } = await service
      .get('/models')
      .set(bearer(await issuer.token({ scope: 'read' })))
      .expect(503);
    expect([body.code, headers['retry-after']]).toEqual(['access_unavailable', '1']);
    await service
      .get('/models')
      .set(bearer(await keyOf(service)))
      .expect(200);
  });
});

describe('the log', () => {
  it('names the caller, and has neither key nor token, in whatever line', async () => {
    const lines: string[] = [];
    const log = { write: (line: string) => lines.push(line) };
    const issuer = await startIssuer();
    const service = await startService({ config: { auth: true, tokens: issuer.settings }, log });
    const { key, info } = await service.app.keys.create({
      name: 'x',
      scopes: ['read'],
      models: null,
      expiresAt: null,
    });
    const token = await issuer.token({ scope: 'read' });
    const [unknown, forged] = [looseKey().key, issuer.unsigned()];
    const everything = await keyOf(service);
    const form = service.post('/models').field('model', '{}').attach('data', Buffer.from('x'), 'x.csv');
    await form.set(bearer(everything)).expect(400);
    expect(lines.splice(0).join('')).not.toContain(everything.slice(-40));
    for (const one of [key, token, unknown, forged]) {
      await service.get('/models').set(bearer(one));
      await service.delete('/models/x').set(bearer(one));
      await service.get('/nowhere').set(bearer(one));
    }
    await service.get('/livez').expect(200);
    const said = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request');
    const callers = said.map(({ status, caller }) => `${status} ${caller ?? 'nobody'}`);
    const each = (caller: string) => [`200 ${caller}`, `403 ${caller}`, `404 ${caller}`];
    expect(callers).toEqual([
      ...each(`key:${info.id}`),
      ...each('jwt:desk'),
      ...Array(6).fill('401 nobody'),
      '200 nobody',
    ]);
    for (const secret of [key, token, unknown, forged])
      expect(lines.join('')).not.toContain(secret.slice(-40));
  });
});

/** Sends the head of a request and then chunks without end. Returns once there is an answer. */
async function sendEndless(service: Service, head: string) {
  const socket = net.connect(Number(new URL(service.url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const begun = performance.now();
  let [answer, cutAfter]: [string, number | undefined] = ['', undefined];
  socket.on('data', (text) => {
    answer += text;
  });
  const sending = setInterval(() => socket.write('1\r\nx\r\n'), 50);
  socket.on('error', () => {});
  socket.once('close', () => {
    clearInterval(sending);
    cutAfter = performance.now() - begun;
  });
  socket.write(`${head}\r\n\r\n`);
  await until(() => answer !== '', 'answered');
  return { answer: () => answer, cutAfter: () => cutAfter };
}

import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { application, loansCsv, REGISTRATION } from '../support/models/loans.ts';
import { pause } from '../support/process/crash.ts';
import { VALUE } from '../support/process/preload-errors.ts';
import {
  type Answer,
  call,
  postJson,
  preloading,
  type RunningServer,
  spawnServer,
  startServer,
  until,
  uploadForm,
} from '../support/process/process.ts';
import { temporaryFolder } from '../support/process/service.ts';

const CERTIFY = { model: REGISTRATION.name, instances: [application(0)] };
const DELAY_MS = 4000;

describe('a signal to stop', () => {
  it('is told by /readyz while the service goes on as before; then it stops listening', async () => {
    const server = await startServer(temporaryFolder(), { SURETY_DRAIN_DELAY_MS: String(DELAY_MS) });
    expect((await postJson(server.url, '/models', REGISTRATION)).status).toBe(201);
    const agent = new http.Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const undisturbed = await postJson(server.url, '/certify', CERTIFY, { agent });
    expect(undisturbed.headers.connection).toBe('keep-alive');
    const upload = await halfSent(server);
    const waiting = net.connect(Number(new URL(server.url).port), '127.0.0.1');
    onTestFinished(() => void waiting.destroy());
    await once(waiting, 'connect');
    const told = performance.now();
    server.child.kill('SIGTERM');
    await until(async () => (await call(server.url, 'GET', '/readyz')).status === 503, 'told');
    const ready = await call(server.url, 'GET', '/readyz');
    expect(JSON.parse(ready.text)).toMatchObject({ code: 'not_ready', detail: 'the service is stopping' });
    const [kept, fresh] = [
      await postJson(server.url, '/certify', CERTIFY, { agent }),
      await postJson(server.url, '/certify', CERTIFY),
    ];
    const registered = await upload.finish();
    waiting.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n'); // when nothing else is under way
    const [late] = await once(waiting, 'data');
    expect(performance.now() - told, 'all of that in time').toBeLessThan(DELAY_MS);
    for (const { status, text } of [kept, fresh]) expect([status, text]).toEqual([200, undisturbed.text]);
    expect(registered.status).toBe(201);
    expect(String(late)).toMatch(/^HTTP\/1.1 200 OK\r\n(.*\r\n)*connection: close\r\n/i);
    for (const { headers } of [ready, kept, fresh, registered]) expect(headers.connection).toBe('close');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - told).toBeGreaterThan(DELAY_MS - 50);
    expect(server.stderr()).toBe('');
  });

  it('a second time ends the process at once, with code 1', async () => {
    const server = await startServer(temporaryFolder(), { SURETY_DRAIN_DELAY_MS: '60000' });
    server.child.kill('SIGINT');
    await until(async () => (await call(server.url, 'GET', '/readyz')).status === 503, 'told');
    server.child.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 1, signal: null });
    const fatal = server.log().filter(({ level }) => level === 60);
    expect(fatal).toMatchObject([{ msg: 'second SIGTERM, exiting' }]);
  });
});

describe('SIGTERM during the start', () => {
  it('ends it without a word of failure, whenever it comes', async () => {
    const random = new SeededRandom(1);
    const dataDir = temporaryFolder();
    const first = await startServer(dataDir);
    expect((await postJson(first.url, '/models', REGISTRATION)).status).toBe(201);
    first.child.kill('SIGTERM');
    await first.exited;
    for (let round = 0; round < 8; round++) {
      // half of them from the moment on at which the store is opened
      const server = spawnServer({ SURETY_DATA_DIR: dataDir });
      if (round % 2 === 1) await server.listening;
      await pause((round % 2 === 1 ? 30 : 600) * random.uniform());
      server.child.kill('SIGTERM');
      const { code, signal } = await server.exited;
      expect(code === 0 || signal === 'SIGTERM', `${code} ${signal}`).toBe(true); // before it listens for signals
      expect(server.stderr()).toBe('');
      const warnings = server.log().filter(({ level }) => Number(level) > 30);
      expect(warnings.filter(({ msg }) => !String(msg).startsWith('access control is off'))).toEqual([]);
    }
  });
});

describe('an error that nobody catches', () => {
  it.each([
    ['thrown', 'SIGWINCH'],
    ['rejected', 'SIGCONT'],
  ] as const)(
    '%s: is logged without its values, and what is in flight finishes; code 1',
    async (_, signal) => {
      const server = await startServer(temporaryFolder(), preloading('errors'));
      const upload = await halfSent(server);
      server.child.kill(signal);
      await until(() => server.log().some(({ level }) => level === 60), 'logged');
      expect(await upload.finish()).toMatchObject({ status: 201 });
      expect(await server.exited).toEqual({ code: 1, signal: null });
      const logged = server.log().find(({ level }) => level === 60)!;
      const err = { type: 'RangeError', message: '', stack: expect.stringContaining('preload-errors.ts') };
      expect(logged).toMatchObject({ msg: 'stopping after an error', err });
      expect(server.stdout() + server.stderr()).not.toContain(VALUE);
    },
  );
});

describe('a signal that says that the process is broken', () => {
  it('ends it as if nobody listened', async () => {
    const server = await startServer(temporaryFolder());
    server.child.kill('SIGSEGV');
    expect(await server.exited).toEqual({ code: null, signal: 'SIGSEGV' });
  });
});

/** A registration of which the service has a part, and waits for the rest. */
async function halfSent(server: RunningServer): Promise<{ finish: () => Promise<Answer> }> {
  const { headers, body } = uploadForm({ name: 'uploaded', target: 'outcome' }, loansCsv());
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const request = http.request(new URL('/models', server.url), {
    method: 'POST',
    headers: { ...headers, 'content-length': body.length, expect: '100-continue' },
    agent: false,
  });
  request.on('error', reject);
  request.on('response', async (response) => {
    const text = (await response.setEncoding('utf8').toArray()).join('');
    resolve({ status: response.statusCode!, headers: response.headers, text });
  });
  request.flushHeaders();
  await new Promise((taken) => request.once('continue', taken)); // the service has the request in hand
  request.write(body.subarray(0, body.length / 2));
  return {
    finish: () => {
      request.end(body.subarray(body.length / 2));
      return promise;
    },
  };
}

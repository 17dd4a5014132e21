import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { syntheticLoans } from '../../examples/loans.ts';
import {
  call,
  postJson,
  type RunningServer,
  spawnServer,
  startServer,
  toCsv,
  until,
  uploadForm,
} from '../support/process/process.ts';
import { temporaryFolder } from '../support/process/service.ts';

const DONE = { code: 0, signal: null };
/** Of the default grace period, 8 s; whatever waits for it to run out takes longer than this. */
const PROMPT_MS = 4000;

describe('a start with wrong settings', () => {
  it.each([
    ['SURETY_X', 'anything', 'there is no such setting'],
    ['PORT', 'abc', 'expected a port number'],
    ['PORT', '65536', 'expected a port number'],
    ['SURETY_MAX_ROWS', '0', 'expected at least 1'],
    ['SURETY_MAX_ROWS', '1.5', 'expected a whole number'],
    ['SURETY_MAX_BODY_BYTES', '256MB', 'expected a whole number'],
    ['SURETY_MAX_INSTANCES', '-10', 'expected a whole number'],
    ['SURETY_SHUTDOWN_GRACE_MS', '0', 'expected at least 1'],
    ['LOG_LEVEL', 'loud', 'one of'],
  ])('%s=%s stops with code 1 and names the variable', async (name, value, problem) => {
    const server = spawnServer({ SURETY_DATA_DIR: temporaryFolder(), [name]: value });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.stdout()).toBe('');
    const lines = server.stderr().trimEnd().split('\n');
    expect(lines).toEqual([
      'Wrong settings in the environment:',
      expect.stringMatching(`^${name}: .*${problem}`),
    ]);
  });

  it('names every wrong variable at once', async () => {
    const server = spawnServer({ PORT: 'abc', LOG_LEVEL: 'loud', SURETY_MAX_ROWS: '0', SURETY_X: '1' });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    for (const name of ['PORT', 'LOG_LEVEL', 'SURETY_MAX_ROWS', 'SURETY_X']) {
      expect(server.stderr()).toContain(`\n${name}: `);
    }
  });

  it('takes an empty variable for unset', async () => {
    const server = await startServer(temporaryFolder(), { SURETY_MAX_ROWS: '', LOG_LEVEL: '' });
    expect((await call(server.url, 'GET', '/livez')).status).toBe(200);
  });
});

describe('a start on a port in use', () => {
  it('stops with code 1 and says which address is taken', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await new Promise((done) => other.once('listening', done));
    const { port } = other.address() as net.AddressInfo;
    const server = spawnServer({ SURETY_DATA_DIR: temporaryFolder(), PORT: String(port) });
    await expect(server.listening).rejects.toThrow();
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.stdout() + server.stderr()).toContain(
      `cannot listen on 127.0.0.1:${port}:\nthe port is in use`,
    );
  });
});

describe('SIGTERM', () => {
  it('lets a running /certify finish, refuses new connections, and ends with code 0', async () => {
    const { server, body } = await busyServer();
    const undisturbed = await postJson(server.url, '/certify', body);
    const answer = postJson(server.url, '/certify', body);
    await sleep(200);
    server.child.kill('SIGTERM');
    const order: string[] = [];
    void answer.then(() => order.push('answered'));
    await until(() => isRefused(server.url), 'closed to new connections', PROMPT_MS);
    order.push('refused');
    expect(await answer).toMatchObject({ status: 200, text: undisturbed.text });
    const answered = performance.now();
    expect(order).toEqual(['refused', 'answered']);
    expect(await server.exited).toEqual(DONE);
    expect(performance.now() - answered).toBeLessThan(PROMPT_MS);
    expect(server.log().map(({ msg }) => msg)).toEqual(expect.arrayContaining(['draining', 'stopped']));
    expect(server.stderr()).toBe('');
  });

  it('does not wait for the connection of that /certify to end, where it is kept alive', async () => {
    const { server, body } = await busyServer();
    const agent = keepAlive();
    const answer = postJson(server.url, '/certify', body, { agent });
    await sleep(200);
    server.child.kill('SIGTERM');
    expect((await answer).status).toBe(200);
    const answered = performance.now();
    expect(await server.exited).toEqual(DONE);
    expect(performance.now() - answered).toBeLessThan(PROMPT_MS);
  });

  it('lets a slow client read a large answer to its end', async () => {
    const server = await startServer(temporaryFolder());
    // Long names of classes make long scores.
    const records = syntheticLoans(200, 1).map((loan) => ({
      ...loan,
      outcome: loan.outcome.padEnd(180, '.'),
    }));
    const registration = { name: 'loans', target: 'outcome', records };
    expect((await postJson(server.url, '/models', registration)).status).toBe(201);
    const instances = syntheticLoans(10_000, 2).map(({ outcome, ...loan }) => loan);
    const body = JSON.stringify({ model: 'loans', instances, explain: { reasons: 7 } });
    const headers = { 'content-type': 'application/json' };
    const url = new URL('/certify', server.url);
    const request = http.request(url, { method: 'POST', headers, agent: keepAlive() });
    request.end(body);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    server.child.kill('SIGTERM');
    await sleep(500); // its part of the answer waits in the server
    let read = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) read += chunk.length;
    expect(read).toBe(Number(response.headers['content-length']));
    expect(read).toBeGreaterThan(2 ** 23); // more than the sockets hold
    expect(await server.exited).toEqual(DONE);
  });

  it('lets a running registration finish, and the model is there after the next start', async () => {
    const dataDir = temporaryFolder();
    const server = await startServer(dataDir);
    const form = uploadForm({ name: 'loans', target: 'outcome' }, toCsv(syntheticLoans(20_000, 1)));
    const answer = call(server.url, 'POST', '/models', form);
    await sleep(100);
    server.child.kill('SIGTERM');
    const registered = await answer;
    expect(registered.status).toBe(201);
    expect(await server.exited).toEqual(DONE);
    const next = await startServer(dataDir);
    const { models } = JSON.parse((await call(next.url, 'GET', '/models')).text);
    expect(models).toEqual([JSON.parse(registered.text)]);
  });

  it('closes old keep-alive connections at once', async () => {
    const server = await startServer(temporaryFolder());
    const agent = keepAlive();
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        expect((await call(server.url, 'GET', '/livez', { agent })).headers.connection).toBe('keep-alive');
      }),
    );
    await expectPromptStop(server);
  });

  it.each([
    ['that never sent a request', ''],
    ['with half a request', 'GET /livez HTTP/1.1\r\nHost: surety\r\n'],
  ])('closes connections %s at once', async (_which, text) => {
    const server = await startServer(temporaryFolder());
    const socket = net.connect(Number(new URL(server.url).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    await new Promise((done) => socket.once('connect', done));
    if (text !== '') await new Promise((done) => socket.write(text, done));
    await sleep(100);
    await expectPromptStop(server);
  });

  it('stops a start that is still loading models', async () => {
    const dataDir = temporaryFolder();
    const first = await startServer(dataDir);
    const csv = toCsv(syntheticLoans(10_000, 1));
    for (let i = 0; i < 10; i++) {
      const form = uploadForm({ name: `loans-${i}`, target: 'outcome' }, csv);
      expect((await call(first.url, 'POST', '/models', form)).status).toBe(201);
    }
    await expectPromptStop(first);
    const second = spawnServer({ SURETY_DATA_DIR: dataDir });
    await second.listening;
    await expectPromptStop(second);
    const third = await startServer(dataDir);
    expect(JSON.parse((await call(third.url, 'GET', '/readyz')).text)).toEqual({
      status: 'ready',
      models: 10,
      damaged: [],
    });
  });
});

async function expectPromptStop(server: Pick<RunningServer, 'child' | 'exited'>): Promise<void> {
  const begun = performance.now();
  server.child.kill('SIGTERM');
  expect(await server.exited).toEqual(DONE);
  expect(performance.now() - begun).toBeLessThan(PROMPT_MS);
}

/** A server and a /certify request that keeps it busy for about 1.5 s. */
async function busyServer(): Promise<{ server: RunningServer; body: object }> {
  const server = await startServer(temporaryFolder());
  const loans = syntheticLoans(4000, 1);
  const settings = { features: { randomFourier: { components: 300 } } };
  const form = uploadForm({ name: 'loans', target: 'outcome', settings }, toCsv(loans));
  expect((await call(server.url, 'POST', '/models', form)).status).toBe(201);
  const instances = (count: number) =>
    Array.from({ length: count }, (_, i) => {
      const { outcome, ...loan } = loans[i % loans.length]!;
      return loan;
    });
  const trial = 200;
  await postJson(server.url, '/certify', { model: 'loans', instances: instances(trial) });
  const begun = performance.now();
  await postJson(server.url, '/certify', { model: 'loans', instances: instances(trial) });
  const count = Math.min(10_000, Math.ceil((1500 * trial) / (performance.now() - begun)));
  return { server, body: { model: 'loans', instances: instances(count) } };
}

function keepAlive(): http.Agent {
  const agent = new http.Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  return agent;
}

async function isRefused(url: string): Promise<boolean> {
  return call(url, 'GET', '/livez').then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
  );
}

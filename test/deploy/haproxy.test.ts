import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noBalancer, startBalancer } from '../support/process/balancer.ts';
import { type Answer, call, until } from '../support/process/process.ts';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => unknown;

interface Replica {
  readonly url: string;
  /** How many requests have reached it, without probes. */
  readonly seen: () => number;
}

const SKIPPED = noBalancer === undefined ? '' : ` (skipped: ${noBalancer})`;
/** So many requests that both replicas are asked. */
const SEVERAL = 6;
/** More than fits into the balancer's buffer. */
const LARGE = 'x'.repeat(1_000_000);

const breaksOff: Handler = ({ socket }) => socket.destroy();
const answers: Handler = async (request, response) => response.end(String((await text(request)).length));
const echoes: Handler = ({ headers }, response) => response.end(JSON.stringify(headers));
const overloaded: Handler = async (request, response) => {
  await text(request);
  response.writeHead(503).end('overloaded');
};

/** Something that answers as it is told, and says that it is ready. */
async function startReplica(handler: Handler, readyz = 200): Promise<Replica> {
  let seen = 0;
  const server = http.createServer((request, response) => {
    if (request.url === '/readyz') return response.writeHead(readyz).end();
    seen++;
    return handler(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, seen: () => seen };
}

/** A balancer before two replicas that take turns. */
async function startBoth(first: Handler, second: Handler) {
  const replicas = [await startReplica(first), await startReplica(second)] as const;
  const url = await startBalancer([replicas[0].url, replicas[1].url]);
  return { url, seen: () => replicas.map(({ seen }) => seen()) };
}

async function several(url: string, method: string, path: string, body = ''): Promise<Answer[]> {
  const answered: Answer[] = [];
  for (let count = 0; count < SEVERAL; count++) answered.push(await call(url, method, path, { body }));
  return answered;
}

/** Sends several requests, each of which must reach one replica and no more; the first fails with this status. */
async function expectOnce(
  { url, seen }: Awaited<ReturnType<typeof startBoth>>,
  failure: number,
  ...[method, path, body]: [method: string, path: string, body: string]
) {
  const counts = { [failure]: 0, 200: 0 };
  for (let sent = 0; sent < SEVERAL; sent++) {
    // a body that is still being sent may find the connection closed before the 502 is read
    const failed = (error: Error) => (body === LARGE ? { status: failure } : Promise.reject(error));
    const { status } = await call(url, method, path, { body }).catch(failed);
    counts[status]!++;
  }
  expect(counts).toEqual({ [failure]: seen()[0], 200: seen()[1] });
  expect(counts[failure]).toBeGreaterThan(0);
  expect(counts[failure]! + counts[200]!).toBe(SEVERAL);
}

describe.skipIf(noBalancer)(`the balancer${SKIPPED}`, () => {
  it.each([
    ['GET', '/models'],
    ['POST', '/certify'],
    ['POST', '/evaluate'],
    ['POST', '/votes'],
  ])('asks the other replica when one breaks off %s %s', async (method, path) => {
    const { url, seen } = await startBoth(breaksOff, answers);
    const body = 'x'.repeat(method === 'POST' ? 50_000 : 0);
    const headers = { 'x-replica': 'replica-2' };
    for (const answer of await several(url, method, path, body)) {
      expect(answer).toMatchObject({ status: 200, text: String(body.length), headers });
    }
    expect(seen()).toEqual([expect.toSatisfy((asked: number) => asked > 0), SEVERAL]);
  });

  it.each([
    ['POST', '/models', 'x'],
    ['DELETE', '/models/m', ''],
    ['POST', '/keys', 'x'],
    ['POST', '/certify', LARGE],
  ])(
    'sends %s %s once: a replica may have acted on it, or it is too large to keep',
    async (method, path, body) => {
      await expectOnce(await startBoth(breaksOff, answers), 502, method, path, body);
    },
  );

  it.each([
    ['POST', '/models'],
    ['POST', '/certify'],
  ])('tries the other replica for %s %s when one does not listen', async (method, path) => {
    const { url } = await startReplica(answers);
    const balancer = await startBalancer(['http://127.0.0.1:1', url]);
    for (const { status } of await several(balancer, method, path, LARGE)) expect(status).toBe(200);
  });

  it.each(['/certify', '/models'])(
    'passes on a 503 of POST %s: it may have taken all the time there is',
    async (path) => {
      await expectOnce(await startBoth(overloaded, answers), 503, 'POST', path, 'x');
    },
  );

  it('sends nothing to a replica that is not ready', async () => {
    const [ready, other] = [await startReplica(answers), await startReplica(answers, 503)];
    const url = await startBalancer([other.url, ready.url]);
    await sleep(2000);
    await several(url, 'POST', '/models', 'x');
    expect(other.seen()).toBe(0);
  });

  it("says in a problem's form that no replica is ready", async () => {
    const url = await startBalancer(['http://127.0.0.1:1', 'http://127.0.0.1:1']);
    const answer = await call(url, 'POST', '/certify', { body: 'x', headers: { 'x-request-id': 'mine' } });
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'content-type': 'application/problem+json', 'retry-after': '1', 'x-request-id': 'mine' },
    });
    expect(JSON.parse(answer.text)).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      detail: 'no replica is ready; ask again',
      requestId: 'mine',
    });
  });

  it('logs the path of a request and its id, and not what is behind the path', async () => {
    const { url } = await startReplica(breaksOff);
    let log = '';
    const balancer = await startBalancer([url, url], {
      onLog: (text) => {
        log += text;
      },
    });
    const { status, headers } = await call(balancer, 'DELETE', '/models/m?who=me', {
      headers: { 'x-request-id': 'mine-3' },
    });
    expect([status, headers['x-request-id']]).toEqual([502, 'mine-3']);
    await until(() => log.includes('mine-3'), 'logged');
    expect(log).toMatch(/ 502 .* mine-3 DELETE \/models\/m\n/);
    expect(log).not.toContain('who=me');
  });

  it("says nothing of a replica's connections", async () => {
    const { url } = await startReplica((_request, response) =>
      response.setHeader('keep-alive', 'timeout=72').end(),
    );
    expect((await call(await startBalancer([url, url]), 'GET', '/')).headers).not.toHaveProperty(
      'keep-alive',
    );
  });

  it('waits for a small body longer than for headers', async () => {
    const { url } = await startReplica(answers);
    const balancer = await startBalancer([url, url], { headersTimeout: '500ms' });
    const { host, hostname, port } = new URL(balancer);
    const slow = async (...pieces: [first: string, second: string]) => {
      const socket = net.connect(Number(port), hostname);
      socket.write(`POST /certify HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${pieces[0]}`);
      const late = setTimeout(() => socket.write(pieces[1]), 1500);
      const answer = await text(socket);
      clearTimeout(late);
      return answer;
    };
    const [headers, body] = await Promise.all([
      slow('Content-Length: 2', '\r\n\r\nab'),
      slow('Content-Length: 2\r\n\r\na', 'b'),
    ]);
    expect(headers).toMatch(/^HTTP\/1\.1 408 /);
    expect(body).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n2$/);
  });

  it("gives the caller's address, whatever the caller says, and keeps its request id", async () => {
    const { url } = await startReplica(echoes);
    const balancer = await startBalancer([url, url]);
    const echoed = async (headers: http.OutgoingHttpHeaders) =>
      JSON.parse((await call(balancer, 'GET', '/', { headers })).text);
    const named = await echoed({ 'x-forwarded-for': '10.1.1.1', 'x-request-id': 'a.b:c_d-1' });
    expect(named).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-request-id': 'a.b:c_d-1' });
    for (const id of [[], 'with space', 'x'.repeat(101), 'one,two', ['one', '"two"']]) {
      expect((await echoed({ 'x-request-id': id }))['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('passes each event of a stream on as it comes', async () => {
    const { promise: read, resolve } = Promise.withResolvers<void>();
    const { url } = await startReplica(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: progress\n\n');
      await read;
      response.end('event: result\n\n');
    });
    const response = await fetch(`${await startBalancer([url, url])}/evaluate`, { method: 'POST' });
    const events: string[] = [];
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      events.push(chunk);
      resolve();
    }
    expect(events).toEqual(['event: progress\n\n', 'event: result\n\n']);
  });

  it('passes a large body on as it comes', async () => {
    let received = 0;
    const { url } = await startReplica(async (request, response) => {
      for await (const chunk of request) received += chunk.length;
      response.end();
    });
    const request = http.request(`${await startBalancer([url, url])}/models`, {
      method: 'POST',
      headers: { 'content-length': 2 * LARGE.length },
    });
    request.write(LARGE);
    await until(() => received > LARGE.length / 2, 'passed on');
    request.end(LARGE);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.resume();
    expect({ status: response.statusCode, received }).toEqual({ status: 200, received: 2 * LARGE.length });
  });
});

import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/errors.ts';
import { call, postJson, type RunningServer, startServer } from '../support/process.ts';
import {
  BAD_REQUESTS,
  LIMITS,
  MARKED_INSTANCE,
  MARKED_MODEL,
  MARKED_SIGNS,
  MARKERS,
} from '../support/process-bad-requests.ts';
import { temporaryFolder } from '../support/service.ts';

describe('the log', () => {
  it('has one JSON line a request, with what the request was about', async () => {
    const server = await startServer(temporaryFolder());
    const registered = await postJson(server.url, '/models', MARKED_MODEL);
    const certified = await postJson(server.url, '/certify', {
      model: 'marked',
      instances: [MARKED_INSTANCE, { amount: 2, purpose: 'car' }, { amount: 'two', purpose: 'car' }],
    });
    const malformed = await call(server.url, 'POST', '/certify', {
      headers: { 'content-type': 'application/json', 'x-request-id': 'mine-1' },
      body: '{',
    });
    const deleted = await call(server.url, 'DELETE', '/models/marked/versions/1');
    const nowhere = await call(server.url, 'GET', '/nowhere?who=me');
    const answers = [registered, certified, malformed, deleted, nowhere];
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 400, 204, 404]);
    await stop(server);

    // A line is written when its answer is out, which may be after the next request has come on another connection.
    const lines = answers.flatMap(({ headers }) =>
      server.log().filter(({ requestId }) => requestId === headers['x-request-id']),
    );
    const flips = (JSON.parse(certified.text) as { results: { certificate?: { flips: number } }[] }).results
      .flatMap(({ certificate }) => certificate?.flips ?? [])
      .sort((a, b) => a - b);
    expect(flips).toHaveLength(2);
    const request = (method: string, route: string | null, status: number) => ({
      ...{ level: 30, time: expect.any(Number), pid: server.child.pid, hostname: expect.any(String) },
      ...{ requestId: expect.any(String), msg: 'request' },
      ...{ method, route, status, durationMs: expect.any(Number) },
    });
    expect(lines).toEqual([
      { ...request('POST', '/models', 201), model: 'marked', version: 1, rows: 4 },
      {
        ...request('POST', '/certify', 200),
        ...{ model: 'marked', version: 1, rows: 3, refused: 1, abstained: 0 },
        flips: { least: flips[0], median: flips[0], most: flips[1] },
      },
      { ...request('POST', '/certify', 400), requestId: 'mine-1', code: 'malformed_json' },
      request('DELETE', '/models/:name/versions/:version', 204),
      { ...request('GET', null, 404), code: 'not_found' },
    ]);
  });
});

describe('values of applicants', () => {
  it('are in no log line, however good the requests', async () => {
    const server = await markedServer();
    const instances = [MARKED_INSTANCE, { ...MARKED_INSTANCE, amount: MARKERS.level }];
    const requests = [
      {},
      { method: 'smoothed' },
      { explain: { breakingSet: true }, require: { flips: 1 } },
      { explain: { radius: true, reasons: 2, influentialRows: 2, invariantTo: ['amount', 'purpose'] } },
    ];
    for (const request of requests) {
      const { status, text } = await postJson(server.url, '/certify', {
        model: 'marked',
        instances,
        ...request,
      });
      expect(status, text).toBe(200);
      const { results } = JSON.parse(text) as { results: { error?: { code: string; detail: string } }[] };
      expect(results[1]!.error!.code).toBe('wrong_type');
      expect(markersIn(results[1]!.error!.detail)).toEqual([]);
    }
    await stop(server);
    expect(markersIn(server.stdout() + server.stderr())).toEqual([]);
  });

  it('are in no log line and no answer of a request that is refused', async () => {
    const server = await markedServer();
    const wrong: string[] = [];
    for (const request of BAD_REQUESTS) {
      const { status, text } = await call(server.url, request.method, request.path, request.send);
      const expected = `${request.status} ${request.code}`;
      const problem = JSON.parse(text) as { status: number; code: string };
      if (`${status} ${problem.code}` !== expected) wrong.push(`${expected}, ${request.what}: got ${text}`);
      for (const place of markersIn(text)) wrong.push(`${expected}, ${request.what}: answers ${place}`);
    }
    await stop(server);
    for (const place of markersIn(server.stdout() + server.stderr())) wrong.push(`the log has ${place}`);
    expect(wrong).toEqual([]);
  });

  it('are tried with each error of the table that a caller can cause', () => {
    const tried = new Set<string>(BAD_REQUESTS.map(({ code }) => code));
    for (const code of ['rate_limited', 'request_timeout']) tried.add(code); // in test/plugins
    const callers = Object.entries(ERRORS).filter(([, [status]]) => status < 500);
    expect(callers.map(([code]) => code).filter((code) => !tried.has(code))).toEqual([]);
  });

  it('are in no log line when the store fails, and the model is not there', { timeout: 60_000 }, async () => {
    const dataDir = temporaryFolder();
    const server = await startServer(dataDir, { LOG_LEVEL: 'trace' });
    const other = new Database(join(dataDir, 'surety.sqlite'));
    other.exec('BEGIN IMMEDIATE'); // another process writes for longer than the store waits
    const refused = await postJson(server.url, '/models', MARKED_MODEL);
    expect(JSON.parse(refused.text)).toMatchObject({ status: 503, code: 'store_failed' });
    other.exec('ROLLBACK');
    other.close();
    expect((await call(server.url, 'GET', '/models/marked')).status).toBe(404);
    expect((await postJson(server.url, '/models', MARKED_MODEL)).status).toBe(201);
    await stop(server);
    expect(markersIn(refused.text + server.stdout() + server.stderr())).toEqual([]);
  });
});

/** A service with a model made of markers, that logs as much as it can. */
async function markedServer(): Promise<RunningServer> {
  const server = await startServer(temporaryFolder(), { LOG_LEVEL: 'trace', ...LIMITS });
  for (const model of [MARKED_MODEL, MARKED_SIGNS])
    expect((await postJson(server.url, '/models', model)).status).toBe(201);
  return server;
}

async function stop(server: RunningServer): Promise<void> {
  server.child.kill('SIGTERM');
  await server.exited;
}

/** Where the text has a marker: the marker with what stands around it. */
function markersIn(text: string): string[] {
  return MARKERS.all.flatMap((marker) => {
    const at = text.toLowerCase().indexOf(marker);
    return at < 0 ? [] : text.slice(Math.max(0, at - 100), at + 100);
  });
}

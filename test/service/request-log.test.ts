import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/errors.ts';
import {
  BAD_REQUESTS,
  KEYS,
  LIMITS,
  MARKED_INSTANCE,
  MARKED_MODEL,
  MARKED_SIGNS,
  MARKED_UPLOADS,
  MARKERS,
} from '../support/process/bad-requests.ts';
import { startCollector } from '../support/process/collector.ts';
import { bearer } from '../support/process/keys.ts';
import { call, postJson, type RunningServer, startServer } from '../support/process/process.ts';
import { temporaryFolder } from '../support/process/service.ts';
import { sqliteDatabase } from '../support/stores/databases.ts';

const EVERYTHING = bearer(KEYS.everything.key);

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
      { ...request('DELETE', '/models/:name/versions/:version', 204), model: 'marked', version: 1 },
      { ...request('GET', null, 404), code: 'not_found' },
    ]);
  });
});

describe('values of applicants and labels', () => {
  it('are in no log line, span or metric, however good the requests', async () => {
    const server = await markedServer();
    for (const { headers, body } of MARKED_UPLOADS) {
      const { status, text } = await call(server.url, 'POST', '/models', { headers, body });
      expect(status, text).toBe(201);
    }
    const instances = [MARKED_INSTANCE, { ...MARKED_INSTANCE, amount: MARKERS.level }];
    const requests = [
      {},
      { method: 'smoothed' },
      { explain: { breakingSet: true }, require: { flips: 1 } },
      { explain: { radius: true, reasons: 2, influentialRows: 2, invariantTo: ['amount', 'purpose'] } },
      { method: 'monte-carlo', monteCarlo: { samples: 100 } },
      { method: 'partition', model: 'parts' },
      {
        threat: {
          rows: { column: 'purpose', in: [MARKERS.level] },
          transitions: [[MARKERS.label, 'repaid']],
        },
      },
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
    const evaluation = { model: 'marked', instances: [MARKED_INSTANCE], labels: [MARKERS.label] };
    for (const accept of ['application/json', 'image/svg+xml', 'text/event-stream']) {
      const { status, text } = await postJson(server.url, '/evaluate', evaluation, { headers: { accept } });
      expect(status, text).toBe(200);
    }
    expect(markersIn(await server.traces())).toEqual([]);
  });

  it('are in no log line, span, metric or answer of a request that is refused', async () => {
    const server = await markedServer({ SURETY_AUTH: 'on' });
    const wrong: string[] = [];
    for (const request of BAD_REQUESTS) {
      const { status, text } = await call(server.url, request.method, request.path, {
        ...request.send,
        headers: { ...EVERYTHING, ...request.send.headers },
      });
      const expected = `${request.status} ${request.code}`;
      const problem = JSON.parse(text) as { status: number; code: string };
      if (`${status} ${problem.code}` !== expected) wrong.push(`${expected}, ${request.what}: got ${text}`);
      for (const place of markersIn(text)) wrong.push(`${expected}, ${request.what}: answers ${place}`);
    }
    for (const place of markersIn(await server.traces())) wrong.push(`the service leaves ${place}`);
    for (const { key } of Object.values(KEYS)) expect(server.stdout()).not.toContain(key.slice(24));
    expect(wrong).toEqual([]);
  });

  it('are tried with each error of the table that a caller can cause', () => {
    const tried = new Set<string>(BAD_REQUESTS.map(({ code }) => code));
    for (const code of ['rate_limited', 'request_timeout']) tried.add(code); // in test/plugins and test/http
    const callers = Object.entries(ERRORS).filter(([, [status]]) => status < 500);
    expect(callers.map(([code]) => code).filter((code) => !tried.has(code))).toEqual([]);
  });

  it('are in no log line when the store fails, and the model is not there', { timeout: 60_000 }, async () => {
    const dataDir = temporaryFolder();
    const server = await leavingTraces(dataDir);
    const other = new Database(join(dataDir, 'surety.sqlite'));
    other.exec('BEGIN IMMEDIATE'); // another process writes for longer than the store waits
    const refused = await postJson(server.url, '/models', MARKED_MODEL);
    expect(JSON.parse(refused.text)).toMatchObject({ status: 503, code: 'store_failed' });
    other.exec('ROLLBACK');
    other.close();
    expect((await call(server.url, 'GET', '/models/marked')).status).toBe(404);
    expect((await postJson(server.url, '/models', MARKED_MODEL)).status).toBe(201);
    expect(markersIn(refused.text + (await server.traces()))).toEqual([]);
    const [failure, ...others] = server.log().filter(({ level }) => Number(level) >= 50);
    expect(others).toEqual([]);
    expect(failure).toMatchObject({
      ...{ msg: 'request failed', code: 'store_failed', requestId: refused.headers['x-request-id'] },
      err: { type: 'SqliteError', code: 'SQLITE_BUSY', message: 'database is locked' },
    });
  });

  it('are in no log line when a worker dies over them, and the line has the request', async () => {
    const server = await leavingTraces(temporaryFolder(), {
      NODE_OPTIONS: '--import ./bench/soak/end-workers.ts',
    });
    expect((await postJson(server.url, '/models', MARKED_MODEL)).status).toBe(201);
    const long = { model: 'marked', method: 'monte-carlo', monteCarlo: { samples: 1_000_000 } };
    const answer = postJson(server.url, '/certify', { ...long, instances: Array(500).fill(MARKED_INSTANCE) });
    const killing = setInterval(() => server.child.kill('SIGWINCH'), 200);
    const failed = await answer.finally(() => clearInterval(killing));
    expect(JSON.parse(failed.text)).toMatchObject({ status: 503, code: 'worker_failed' });
    const traces = await server.traces();
    expect(markersIn(failed.text + traces)).toEqual([]);
    expect(traces).toContain('surety_worker_deaths_total 1');
    expect(server.log().find(({ msg }) => msg === 'request failed')).toMatchObject({
      ...{ level: 50, code: 'worker_failed', requestId: failed.headers['x-request-id'] },
      ...{ traceId: expect.any(String), err: { type: 'WorkerDiedError', message: 'a worker thread ended' } },
    });
  });
});

/** A service that leaves all the traces that it can: a log of everything, spans and metrics. */
interface LeavingTraces extends RunningServer {
  /** Stops it, and gives all of them. */
  readonly traces: () => Promise<string>;
}

async function leavingTraces(dataDir: string, env: Record<string, string> = {}): Promise<LeavingTraces> {
  const collector = await startCollector();
  const all = { LOG_LEVEL: 'trace', SURETY_METRICS: 'open', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const server = await startServer(dataDir, { ...all, ...env });
  const traces = async () => {
    const metrics = (await call(server.url, 'GET', '/metrics')).text;
    await stop(server);
    expect(metrics).toContain('surety_http_request_duration_seconds_count');
    expect(collector.spans().length).toBeGreaterThan(0);
    return [server.stdout(), server.stderr(), metrics, collector.text()].join('\n');
  };
  return { ...server, traces };
}

/** One with a model made of markers. */
async function markedServer(env: Record<string, string> = {}): Promise<LeavingTraces> {
  const dataDir = temporaryFolder();
  const store = await sqliteDatabase(dataDir).openStore();
  for (const { stored } of Object.values(KEYS)) await store.keys.insert(stored);
  await store.close();
  const server = await leavingTraces(dataDir, { ...LIMITS, ...env });
  for (const model of [MARKED_MODEL, MARKED_SIGNS])
    expect((await postJson(server.url, '/models', model, { headers: EVERYTHING })).status).toBe(201);
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

import fc from 'fast-check';
import type { OpenAPIV3_1 } from 'openapi-types';
import type { Response } from 'supertest';
import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode } from '../../src/errors.ts';
import { VECTORS } from '../support/fuzz/examples.ts';
import { KEPT, keptRegistrations } from '../support/fuzz/heavy/models.ts';
import { startProbing } from '../support/fuzz/probes.ts';
import { FuzzReport } from '../support/fuzz/report.ts';
import { hostileRequests } from '../support/fuzz/requests.ts';
import type { Header, WireRequest } from '../support/fuzz/wire.ts';
import { conforms, document } from '../support/process/openapi.ts';
import { jsonExamples, operations } from '../support/process/openapi-operations.ts';
import { call, postJson, type RunningServer, startServer, until } from '../support/process/process.ts';
import { type RawAnswer, sendRaw } from '../support/process/raw.ts';
import { temporaryFolder } from '../support/process/service.ts';

const REQUESTS = Number(process.env.SURETY_TEST_FUZZ_REQUESTS ?? 3000);
const SEED = Number(process.env.SURETY_TEST_FUZZ_SEED ?? 1);
/** Sent at once. */
const BATCH = 8;
/** A part of all requests after which memory has reached what it should keep to. */
const WARM_UP = 1 / 3;
/** Good requests delete models, and registrations add some. */
const BATCHES_BEFORE_ANEW = 20;

/** For whole requests, and for those of which the service may wait for more. */
const [WHOLE_MS, BROKEN_MS] = [30_000, 150];

/** Of every request: the place for credentials, where they are needed. */
const CREDENTIALS: readonly Header[] = [];

const LIMITS = {
  SURETY_MAX_BODY_BYTES: '1000000',
  SURETY_MAX_HELD_BYTES: '3000000',
  SURETY_MAX_ROWS: '12000',
  SURETY_MAX_FEATURES: '300',
  SURETY_MAX_CELLS: '200000',
  SURETY_MAX_MODELS: '12',
  SURETY_RATE_LIMIT: '10000000',
};
const PRELOAD = { NODE_OPTIONS: '--import=./test/support/process/preload-heap.ts' };

/** Errors that are found before it is known which operation is asked for. */
const ANYWHERE: readonly string[] = [
  ...['not_found', 'foreign_origin', 'malformed_http', 'headers_too_large', 'request_timeout'],
];
/** Of the documented 5xx, those that a caller can cause in a service that is well: anywhere, and in all. */
const BUSY: readonly string[] = ['overloaded', 'timed_out'];
const CAUSED: readonly string[] = [...BUSY, 'too_many_models'];

describe('hostile requests', () => {
  it(`${REQUESTS} of them (seed ${SEED}) are answered as documented, and change nothing`, async () => {
    const server = await startServer(temporaryFolder(), { ...LIMITS, ...PRELOAD });
    for (const model of keptRegistrations()) {
      const { status, text } = await postJson(server.url, '/models', model);
      expect(status, text).toBe(201);
    }
    const askKept = () =>
      Promise.all(
        KEPT.map(({ name, instances }) => postJson(server.url, '/certify', { model: name, instances })),
      );
    const before = await askKept();
    expect(before.map(({ status }) => status)).toEqual([200, 200, 200]);
    const cold = await memoryOf(server);
    const stopProbing = startProbing(server.url);

    const all = operations(document as unknown as OpenAPIV3_1.Document);
    const registration = all.find(({ operation }) => operation.operationId === 'registerModel')!;
    const startAnew = async () => {
      await deleteModels(server);
      for (const model of [jsonExamples(registration.operation)[0]!, VECTORS]) {
        const { status, text } = await postJson(server.url, '/models', model);
        expect(status, text).toBe(201);
      }
    };
    await startAnew();
    const report = new FuzzReport();
    let [batches, warm]: [number, Memory | undefined] = [0, undefined];
    const send = async (request: WireRequest) => {
      const begun = performance.now();
      const bytes = Buffer.from(request.bytes, 'latin1');
      const patience = request.patienceMs ?? (request.whole ? WHOLE_MS : BROKEN_MS);
      const answer = await sendRaw(server.url, [bytes], patience);
      report.add(request, answer, performance.now() - begun);
      try {
        check(request, answer);
      } catch (error) {
        const [sent, got] = [request.bytes, answer.body].map((text) => text.slice(0, 2000));
        throw new Error(`${(error as Error).message}\n${sent}\n=> ${answer.status} ${got}`);
      }
    };
    const property = fc.asyncProperty(
      fc.array(hostileRequests(all, CREDENTIALS), { minLength: BATCH, maxLength: BATCH }),
      async (requests) => {
        await Promise.all(
          requests.flatMap((request) =>
            Array.from({ length: request.connections ?? 1 }, () => send(request)),
          ),
        );
        expect(server.child.exitCode, server.stderr()).toBeNull();
        if (++batches % BATCHES_BEFORE_ANEW === 0) await startAnew();
        if (warm === undefined && batches * BATCH >= REQUESTS * WARM_UP) warm = await memoryOf(server);
      },
    );
    await fc.assert(property, {
      seed: SEED,
      numRuns: Math.ceil(REQUESTS / BATCH),
      interruptAfterTimeLimit: 3_600_000,
      endOnFailure: true, // what the service had got before is part of the example
    });

    const probed = await stopProbing();
    const after = await memoryOf(server);
    const memory = [cold, warm!, after]
      .map(({ heapUsed, rss }) => `heap ${mib(heapUsed)}, rss ${mib(rss)}`)
      .join(' -> ');
    const probes = `${probed.count} probes, the slowest after ${Math.round(probed.slowestMs)} ms`;
    process.stdout.write(`${REQUESTS} hostile requests, seed ${SEED}\n${report}\n`);
    process.stdout.write(`${probes}\nmemory before, warm, after: ${memory}\n`);
    expect(probed.failures).toEqual([]);
    expect(probed.slowestMs).toBeLessThan(PROBE_MS);
    expect(after.heapUsed - warm!.heapUsed).toBeLessThan(HEAP_SLACK);
    expect(after.rss - warm!.rss).toBeLessThan(RSS_SLACK);
    expect(after.rss - cold.rss).toBeLessThan(RSS_SLACK);
    expect((await askKept()).map(({ text }) => text)).toEqual(before.map(({ text }) => text));
    server.child.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.stderr().replaceAll(/^\{"rss".*\}\n/gm, '')).toBe('');
    expect(server.log().filter(({ level }) => Number(level) >= 50)).toEqual([]);
  }, 4_000_000);
});

/** Fails unless the answer is one that the request may get. */
function check({ method, path, whole }: WireRequest, { status, head, body }: RawAnswer): void {
  if (status === 0 && !whole) return; // there was nothing to answer, or the service waited for the rest
  expect(status, 'an answer').toBeGreaterThan(0);
  if (method === 'HEAD' || status < 300) {
    if (method !== 'HEAD' && whole) expectDocumented(method, path, status, head, body);
    return;
  }
  if (status < 400) return; // a redirection or an unchanged file of Swagger UI
  const problem = JSON.parse(body) as { code: ErrorCode; status: number; requestId: string };
  expect(ERRORS[problem.code]?.[0], body).toBe(status);
  expect(problem.status).toBe(status);
  expect(head).toMatch(/^content-type: application\/problem\+json$/im);
  expect(head.toLowerCase()).toContain(`x-request-id: ${problem.requestId.toLowerCase()}`);
  if (status >= 500) expect(CAUSED, body).toContain(problem.code);
  if (whole && ![...ANYWHERE, ...BUSY].includes(problem.code))
    expectDocumented(method, path, status, head, body);
}

/** Holds an answer of an operation against openapi.yaml; pages and empty parameters are not in it. */
function expectDocumented(method: string, path: string, status: number, head: string, text: string): void {
  const [plain] = path.split('?');
  if (/^\/(docs|healthz)|\/$|\/\//.test(plain!)) return;
  const type = /^content-type: ([^;\r\n]+)/im.exec(head)?.[1] ?? '';
  const body = type.endsWith('json') ? JSON.parse(text) : text;
  conforms(method.toLowerCase(), plain!, { status, type, text, body } as Response);
}

async function deleteModels(server: RunningServer): Promise<void> {
  const { models } = JSON.parse((await call(server.url, 'GET', '/models')).text) as {
    models: { name: string }[];
  };
  for (const name of new Set(models.map((model) => model.name))) {
    if (!KEPT.some((kept) => kept.name === name)) await call(server.url, 'DELETE', `/models/${name}`);
  }
}

type Memory = Pick<NodeJS.MemoryUsage, 'heapUsed' | 'rss'>;

/** Bytes that may come and go whatever is sent. */
const [HEAP_SLACK, RSS_SLACK] = [16 * 2 ** 20, 160 * 2 ** 20];
/** How long the image's health check waits. */
const PROBE_MS = 5000;

/** What the service holds without models and garbage. */
async function memoryOf(server: RunningServer): Promise<Memory> {
  await deleteModels(server);
  const reports = () =>
    server
      .stderr()
      .split('\n')
      .filter((line) => line.startsWith('{"rss"'));
  const had = reports().length;
  server.child.kill('SIGWINCH');
  await until(() => reports().length > had, 'told');
  return JSON.parse(reports().at(-1)!);
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

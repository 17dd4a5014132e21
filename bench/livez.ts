// How long GET /livez takes while the service answers one large request: probes at a fixed rate, each timed
// from when it was due, so that a held event loop counts for every probe that it delays. The model is tiny:
// what is left is the handling of the request and its answer. Usage: npm run bench:livez
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SeededRandom } from '../src/kernel/seeded-random.ts';
import type { LoopDelay } from './event-loop-delay.ts';
import type { Latencies } from './livez-probes.ts';
import { freePort } from './performance/processes.ts';
import { print } from './table.ts';

const WIDTH = 784;
const ROWS = 50;
const INSTANCES = 10_000;
const REPETITIONS = 3;
const random = new SeededRandom(3);

/** One in five is not 0, as in an image of a digit. */
const pixel = () => (random.uniform() < 0.19 ? Math.ceil(random.uniform() * 255) / 255 : 0);
const image = () => Array.from({ length: WIDTH }, pixel);
const label = (_: unknown, row: number) => (row % 2 === 0 ? 'even' : 'odd');
const instances = Array.from({ length: INSTANCES }, image);
const labels = Array.from({ length: INSTANCES }, label);
const asked = { model: 'tiny', method: 'partition' };
const numbers = Array.from({ length: INSTANCES }, () => [random.uniform()]);

const requests: [name: string, path: string, body: string][] = [
  ['nothing else', '/livez', ''],
  ['certify, 784 numbers each', '/certify', JSON.stringify({ ...asked, instances })],
  ['certify, 1 number each', '/certify', JSON.stringify({ model: 'narrow', instances: numbers })],
  ['evaluate, 784 numbers each', '/evaluate', JSON.stringify({ ...asked, instances, labels })],
  ['register, 784 numbers each', '/models', JSON.stringify({ name: 'images', features: instances, labels })],
];

const folder = mkdtempSync(join(tmpdir(), 'surety-bench-'));
const port = await freePort();
const service = fork(join(import.meta.dirname, '../src/server.ts'), {
  execArgv: ['--import', join(import.meta.dirname, 'event-loop-delay.ts')],
  env: {
    ...process.env,
    PORT: String(port),
    SURETY_DATA_DIR: folder,
    SURETY_AUTH: 'off',
    LOG_LEVEL: 'error',
  },
});
try {
  await ready();
  await register();
  print(`${INSTANCES} instances a request, GET /livez every 5 ms, best of ${REPETITIONS}. Milliseconds.`);
  print('                             request MB  seconds  probes     p50     p99     max  longest step');
  for (const [name, path, body] of requests) await measure(name, path, Buffer.from(body));
} finally {
  service.kill();
  await once(service, 'exit');
  rmSync(folder, { recursive: true });
}

async function measure(name: string, path: string, body: Buffer): Promise<void> {
  let best: { seconds: number; latencies: Latencies; longest: number } | undefined;
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const probes = new Worker(join(import.meta.dirname, 'livez-probes.ts'), { workerData: { port } });
    await once(probes, 'message'); // warm
    await loopDelay(service);
    const began = performance.now();
    if (body.length === 0) await new Promise((resolve) => setTimeout(resolve, 2000));
    else await post(path, body);
    const seconds = (performance.now() - began) / 1000;
    const { longest } = await loopDelay(service);
    probes.postMessage('stop');
    const [latencies] = (await once(probes, 'message')) as [Latencies];
    if (best === undefined || latencies.p99 < best.latencies.p99) best = { seconds, latencies, longest };
  }
  const { seconds, latencies, longest } = best!;
  const { count, p50, p99, most } = latencies;
  const figures = [p50, p99, most, longest].map((value) => value.toFixed(1).padStart(8));
  const size = (body.length / 1e6).toFixed(1).padStart(10);
  print(
    `${name.padEnd(29)}${size}${seconds.toFixed(2).padStart(9)}${String(count).padStart(8)}${figures.join('')}`,
  );
}

async function register(): Promise<void> {
  const features = Array.from({ length: ROWS }, image);
  const settings = { partitions: { count: 1, threat: 'labels' } };
  const body = { name: 'tiny', features, labels: features.map(label), settings };
  const narrow = { name: 'narrow', features: numbers.slice(0, ROWS), labels: body.labels };
  await post('/models', Buffer.from(JSON.stringify(body)));
  await post('/models', Buffer.from(JSON.stringify(narrow)));
}

/** Resolves when the answer is there; throws where it is not a success. */
async function post(path: string, body: Buffer): Promise<void> {
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const sent = request({ port, path, method: 'POST', headers, agent: new Agent() });
  sent.end(body);
  const [answer] = await once(sent, 'response');
  let text = '';
  for await (const chunk of answer) if (text.length < 500) text += chunk;
  if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.statusCode} ${text}`);
}

async function ready(): Promise<void> {
  for (;;) {
    const status = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ status }) => status,
      () => 0,
    );
    if (status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What the service has seen of its own event loop since this was asked last. */
async function loopDelay(child: ChildProcess): Promise<LoopDelay> {
  child.send('loop delay');
  const [delay] = await once(child, 'message');
  return delay as LoopDelay;
}

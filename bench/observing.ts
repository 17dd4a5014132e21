// What counting, tracing and limiting rates cost a request of a small model: the table at the end of docs/observability.md.
// It is processor time of the service's process, which other work on the machine changes less than time on the clock: the
// services take turns that are short, so that what still changes it meets all of them.
// Usage: npm run bench:observing
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { syntheticLoans } from '../examples/loans.ts';
import { type Running, startService } from './performance/processes.ts';
import { median } from './performance/timing.ts';
import { print } from './table.ts';

const ROWS = 1000;
const REQUESTS_PER_TURN = 200;
const TURNS_PER_ROUND = 15;
const ROUNDS = 9;
/** Of /proc/<pid>/stat, on every Linux of today. */
const TICKS_PER_SECOND = 100;

const collector = http.createServer((request, response) =>
  request.resume().on('end', () => response.end('{}')),
);
await once(collector.listen(0, '127.0.0.1'), 'listening');
const OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;

const none = { SURETY_METRICS: 'off', SURETY_RATE_LIMIT: '0' };
const metrics = { ...none, SURETY_METRICS: 'protected' };
const tracing = { ...metrics, OTEL_EXPORTER_OTLP_ENDPOINT };
const share = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' };
const WAYS: Record<string, Record<string, string>> = {
  none,
  metrics,
  'metrics, 1 in 100 requests traced': { ...tracing, ...share },
  'metrics, every request traced': tracing,
  'rate limit': { ...none, SURETY_RATE_LIMIT: '1000000000' },
};

const folder = mkdtempSync(join(tmpdir(), 'surety-bench-'));
const agent = new http.Agent({ keepAlive: true });
const records = syntheticLoans(ROWS, 7);
const { outcome: _, ...instance } = records[0]!;
const body = JSON.stringify({ model: 'loans', instances: [instance] });
const services = new Map<string, Running>();
try {
  for (const [way, env] of Object.entries(WAYS)) {
    const service = await startService(join(folder, String(services.size)), env);
    services.set(way, service);
    await service.post('/models', { name: 'loans', target: 'outcome', records });
    for (let turn = 0; turn < TURNS_PER_ROUND; turn++) await seconds(service); // warm
  }
  const rounds: Record<string, number>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const times: Record<string, number> = {};
    for (let turn = 0; turn < TURNS_PER_ROUND; turn++) {
      for (const [way, service] of services) times[way] = (times[way] ?? 0) + (await seconds(service));
    }
    rounds.push(times);
  }
  print('| switched on | microseconds a request | against none | from .. to |\n| --- | --- | --- | --- |');
  for (const way of services.keys()) {
    const time = (median(rounds.map((times) => times[way]!)) * 1e6) / (REQUESTS_PER_TURN * TURNS_PER_ROUND);
    const ratios = rounds.map((times) => times[way]! / times.none!);
    const [ratio, least, most] = [median(ratios), Math.min(...ratios), Math.max(...ratios)];
    print(
      `| ${way} | ${time.toFixed(0)} | ${ratio.toFixed(2)} | ${least.toFixed(2)} .. ${most.toFixed(2)} |`,
    );
  }
} finally {
  for (const service of services.values()) await service.stop();
  agent.destroy();
  collector.close();
  rmSync(folder, { recursive: true });
}

/** Processor time of a process for a turn: requests one after the other on one connection. */
async function seconds({ url, pid }: Running): Promise<number> {
  const before = processorTime(pid);
  for (let sent = 0; sent < REQUESTS_PER_TURN; sent++) await certify(url);
  return processorTime(pid) - before;
}

async function certify(url: string): Promise<void> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const request = http.request(`${url}/certify`, { method: 'POST', headers, agent }).end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const answer = await text(response);
  if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${answer.slice(0, 500)}`);
}

/** Seconds, of all threads of a process, in user mode and in the kernel. */
function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) / TICKS_PER_SECOND;
}

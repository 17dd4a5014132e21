// A thread that asks GET /livez every few milliseconds, whether the last answer is there or not, until it is
// told to stop.
import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

const EVERY_MS = 5;
const WARM = 50;

/** Milliseconds from when a probe was due until its answer was there. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

const { port } = workerData as { port: number };
const agent = new Agent({ keepAlive: true });
const probe = () =>
  new Promise<void>((resolve, reject) => {
    const sent = get({ port, path: '/livez', agent }, (answer) => answer.resume().once('end', resolve));
    sent.once('error', reject);
  });
for (let k = 0; k < WARM; k++) await probe();
parentPort!.postMessage('warm');

let stopped = false;
parentPort!.once('message', () => {
  stopped = true;
});
const latencies: number[] = [];
const open: Promise<unknown>[] = [];
for (let due = performance.now() + EVERY_MS; !stopped; due += EVERY_MS) {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
  const began = Math.min(due, performance.now()); // a timer may be early by a fraction of a millisecond
  open.push(probe().then(() => latencies.push(performance.now() - began)));
}
await Promise.all(open);
const sorted = Float64Array.from(latencies).sort();
const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
const told: Latencies = { count: sorted.length, p50: at(0.5), p99: at(0.99), most: at(1) };
parentPort!.postMessage(told);
agent.destroy();

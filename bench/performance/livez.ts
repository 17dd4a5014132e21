import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { mnist17 } from '../data.ts';
import type { Latencies } from '../livez-probes.ts';
import { imagesDataset, imagesTestSet, openRegistry } from '../service.ts';
import { digits, publish, type Target, targetTable } from './page.ts';
import { startService } from './processes.ts';

const INSTANCES = 10_000;
const ROUNDS = 3;

/** How long GET /livez takes while one request of 10,000 instances is answered, from its first byte to its last. */
export async function measureLivez(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'surety-bench-'));
  const images = mnist17();
  const { register, close } = await openRegistry(folder);
  await register('digits', imagesDataset(images, ['1', '7']), { lambda: { relative: 10_000 } });
  await close();
  const { instances: own } = imagesTestSet(images, ['1', '7']);
  const instances = Array.from({ length: INSTANCES }, (_, k) => own[k % own.length]);
  const targets: Target[] = [];
  const service = await startService(folder);
  try {
    for (const method of ['exact', 'smoothed']) {
      const rounds: { seconds: number; latencies: Latencies }[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const workerData = { port: Number(new URL(service.url).port) };
        const probes = new Worker(new URL('../livez-probes.ts', import.meta.url), { workerData });
        await once(probes, 'message'); // warm
        const began = performance.now();
        await service.post('/certify', { model: 'digits', method, instances });
        const seconds = (performance.now() - began) / 1000;
        probes.postMessage('stop');
        const [latencies] = (await once(probes, 'message')) as [Latencies];
        rounds.push({ seconds, latencies });
      }
      rounds.sort((a, b) => a.latencies.p99 - b.latencies.p99);
      const { seconds, latencies } = rounds[ROUNDS >> 1]!;
      targets.push({
        what: `GET /livez every 5 ms while a request of ${INSTANCES} instances (${method}) runs on MNIST 1 against 7, p99`,
        measured: `${digits(latencies.p99)} ms (median ${digits(latencies.p50)}, most ${digits(latencies.most)}, ${latencies.count} probes in ${digits(seconds)} s)`,
        against: '1 ms',
        ratio: latencies.p99,
        bound: { atMost: 20 },
      });
    }
  } finally {
    await service.stop();
    rmSync(folder, { recursive: true });
  }
  publish('livez', targetTable(targets));
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { openRegistry } from '../service.ts';
import { digits, publish, type Target, targetTable } from './page.ts';
import { residentMemory, startService } from './processes.ts';
import { median, medians } from './timing.ts';

const COLUMNS = 100;
const SIZES = [10_000, 100_000, 1_000_000];
const QUERIES = 101;
const ROUNDS = 5;

/** Latency, memory and restart by the number of rows, of the service in a process of its own. */
export async function measureRows(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'surety-bench-'));
  try {
    const measured: { rows: number; latency: number; memory: number }[] = [];
    for (const rows of SIZES) {
      const own = join(folder, String(rows));
      await registerRandom(own, rows);
      measured.push({ rows, ...(await serve(own)) });
    }
    const [, less, most] = measured as [(typeof measured)[0], (typeof measured)[0], (typeof measured)[0]];
    const restart = await measureRestart(join(folder, String(most.rows)));
    const allowed = 1.35 * 4 * most.rows * COLUMNS + 200e6;
    const targets: Target[] = [
      {
        what: `one exact query over HTTP, ${most.rows} x ${COLUMNS}`,
        measured: `${digits(most.latency)} ms`,
        against: `${less.rows} x ${COLUMNS}, ${digits(less.latency)} ms`,
        ratio: most.latency / less.latency,
        bound: { atMost: 11 },
      },
      {
        what: `resident memory of the service with that model, after ${QUERIES} queries`,
        measured: `${digits(most.memory / 1e6)} MB`,
        against: `1.35 x (4 n d bytes) + 200 MB = ${digits(allowed / 1e6)} MB`,
        ratio: most.memory / allowed,
        bound: { atMost: 1 },
      },
      {
        what: 'loading that model from its database',
        measured: `${digits(restart.load)} ms`,
        against: `reading its bytes from the database, ${digits(restart.read)} ms`,
        ratio: restart.load / restart.read,
        bound: { atMost: 1.5 },
      },
    ];
    publish('rows', targetTable(targets));
    publish('by rows', {
      columns: ['rows x 100', 'one query, ms', 'resident memory, MB'],
      rows: measured.map(({ rows, latency, memory }) => [
        String(rows),
        digits(latency),
        digits(memory / 1e6),
      ]),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function registerRandom(folder: string, rows: number): Promise<void> {
  const random = new SeededRandom(rows);
  const values = Float32Array.from({ length: rows * COLUMNS }, () => random.uniform());
  const codes = Int32Array.from({ length: rows }, (_, row) => (values[row * COLUMNS]! > 0.5 ? 1 : 0));
  const { register, close } = await openRegistry(folder);
  const data = { kind: 'vectors', rows, width: COLUMNS, values } as const;
  const labels = { classes: ['a', 'b'], codes };
  const declared = { columnTypes: [], classes: true };
  await register('m', { data, labels, target: null, ignored: [], declared, warnings: [] }, {});
  await close();
}

async function serve(folder: string): Promise<{ latency: number; memory: number }> {
  const service = await startService(folder);
  const random = new SeededRandom(9);
  const ask = () => {
    const instance = Array.from({ length: COLUMNS }, () => random.uniform());
    return service.post('/certify', { model: 'm', instances: [instance] });
  };
  for (let k = 0; k < 10; k++) await ask();
  const { ask: latency } = await medians({ ask }, QUERIES);
  const memory = residentMemory(service.pid);
  await service.stop();
  return { latency, memory };
}

/** Both in this process, in turns, with the database in the system's cache. */
async function measureRestart(folder: string): Promise<{ load: number; read: number }> {
  const loads: number[] = [];
  const reads: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const database = new Database(join(folder, 'surety.sqlite'), { readonly: true });
    const began = performance.now();
    let bytes = 0;
    for (const { data } of database.prepare<[], { data: Buffer }>('select data from chunk').iterate()) {
      bytes += data.length;
    }
    reads.push(performance.now() - began);
    database.close();
    if (!(bytes > 0)) throw new Error('the database is empty');
    const { close, seconds } = await openRegistry(folder);
    loads.push(1000 * seconds);
    await close();
  }
  return { load: median(loads), read: median(reads) };
}

import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Model } from '../../src/model/model.ts';
import type { CertifyOptions } from '../../src/verdict/certifier.ts';
import { now, PHASES, phasesOf } from '../../src/verdict/stopwatch.ts';
import type { Batch } from '../../src/workers/batch.ts';
import { Workers } from '../../src/workers/workers.ts';
import { makeModel, occupy, watchWorkers } from '../support/models/points.ts';
import { until } from '../support/process/process.ts';

const EXACT: CertifyOptions = { method: 'exact' };

let small: Model;
/** Too large for the main thread. */
let model: Model;
let instances: number[][];

beforeAll(async () => {
  const settings = { partitions: { count: 3, threat: 'labels' } } as const;
  ({ model: small } = await makeModel({ rows: 200, columns: 100, classes: 2 }));
  const made = await makeModel({ rows: 3100, columns: 100, classes: 2, settings });
  model = made.model;
  instances = made.instances(40);
}, 60_000);

/** Threads of a test's own and what they tell. */
function observed(workers: number) {
  const batches: Batch[] = [];
  let deaths = 0;
  const observer = { batchDone: (batch: Batch) => void batches.push(batch), workerDied: () => void deaths++ };
  const threads = new Workers(workers, 1000, { observer });
  onTestFinished(() => threads.close());
  return { threads, batches, deaths: () => deaths };
}

/** Asks, and gives the batches that the request was told of, with how many instances of each are its own. */
async function asked(threads: Workers, of: Model, count: number, options = EXACT) {
  const told: [Batch, number][] = [];
  const { signal } = new AbortController();
  const onBatch = (batch: Batch, own: number) => void told.push([batch, own]);
  await threads.certify(of, instances.slice(0, count), options, signal, { onBatch });
  return told;
}

const phasesIn = ({ timing }: Batch) => phasesOf(timing).map(({ phase }) => phase);

/** Phases lie within their batch and that within the time in which it was asked for. */
function expectNested({ timing }: Batch, began: number) {
  expect(timing.began).toBeGreaterThanOrEqual(began);
  expect(timing.ended).toBeLessThanOrEqual(now());
  let busy = 0;
  for (const period of phasesOf(timing)) {
    expect(period.began).toBeGreaterThanOrEqual(timing.began);
    expect(period.ended).toBeLessThanOrEqual(timing.ended);
    busy += period.busy;
  }
  expect(busy).toBeGreaterThan(0);
  expect(busy).toBeLessThanOrEqual(timing.ended - timing.began + 1e-6);
}

describe('a batch', () => {
  it('in the main thread is that of the requests which came together', async () => {
    const { threads, batches } = observed(1);
    const began = now();
    const told = await Promise.all([asked(threads, small, 2), asked(threads, small, 3)]);
    expect(batches).toEqual([
      expect.objectContaining({ role: 'main', thread: 0, requests: 2, instances: 5 }),
    ]);
    expect(told).toEqual([[[batches[0], 2]], [[batches[0], 3]]]);
    expect(phasesIn(batches[0]!)).toEqual(PHASES);
    expectNested(batches[0]!, began);
  });

  it('in a worker is told to each of its requests, with its share', async () => {
    const { threads, batches } = observed(1);
    const busy = occupy(threads, model, instances[0]);
    const began = now();
    const both = [asked(threads, model, 3), asked(threads, model, 3, { method: 'smoothed' })];
    busy.stop();
    await busy.ended;
    const [first, second] = await Promise.all(both);
    expect(second).toEqual([
      [expect.objectContaining({ role: 'worker', thread: 1, requests: 2, instances: 6 }), 3],
    ]);
    expect(first).toEqual([[second![0]![0], 3]]);
    expect(batches).toContain(first![0]![0]);
    expect(phasesIn(first![0]![0])).toEqual(PHASES);
    expectNested(first![0]![0], began);
  });

  it('of a large request is one of several, which have all its instances', async () => {
    const { threads, batches } = observed(2);
    const began = now();
    const told = await asked(threads, model, 40);
    expect(told.length).toBeGreaterThan(1);
    expect(told.reduce((sum, [, own]) => sum + own, 0)).toBe(40);
    expect(told.map(([batch]) => batch)).toEqual(batches);
    for (const [batch] of told) expectNested(batch, began);
  });

  it('of a vote has its phases too, the members in the pass', async () => {
    const { threads } = observed(1);
    const began = now();
    const [[batch] = []] = await asked(threads, model, 3, { method: 'partition' });
    expect(phasesIn(batch!)).toEqual(['encode', 'pass', 'certificate']);
    expectNested(batch!, began);
  });

  it('is told of by each helper of a query that is split', { timeout: 60_000 }, async () => {
    const { model: large } = await makeModel({ rows: 20_011, columns: 100, classes: 2, seed: 3 });
    const { threads, batches } = observed(2);
    const began = now();
    const told = await asked(threads, large, 1);
    await until(() => batches.length === 2, 'told by both'); // the helper's answer may come after the result
    expect(batches.map(({ role, instances: count }) => `${role} ${count}`).sort()).toEqual([
      'helper 1',
      'worker 1',
    ]);
    expect(new Set(batches.map(({ thread }) => thread))).toEqual(new Set([1, 2]));
    expect(told.map(([batch]) => batch)).toEqual(batches);
    const helper = batches.find(({ role }) => role === 'helper')!;
    expect(phasesIn(helper)).toEqual(['encode', 'solve', 'pass']);
    for (const batch of batches) expectNested(batch, began);
  });

  it('is not told of when its worker died, but the death is; closing kills none', async () => {
    const started = watchWorkers();
    const { threads, batches, deaths } = observed(1);
    const { ended } = occupy(threads, model, instances[0]);
    await until(() => started.length === 1, 'started');
    await started[0]!.terminate();
    expect(await ended).toMatchObject({ code: 'worker_failed' });
    expect([batches, deaths()]).toEqual([[], 1]);
    await asked(threads, model, 1);
    await threads.close();
    expect([batches.length, deaths()]).toEqual([1, 1]);
  });
});

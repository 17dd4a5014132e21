import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ThreatModel } from '../../src/certify/threat.ts';
import { datasetFromRows } from '../../src/ingest/json.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import type { Model } from '../../src/model/model.ts';
import type { CertifyOptions } from '../../src/verdict/certifier.ts';
import { certifyTogether, type Job } from '../../src/verdict/certify-together.ts';
import { Workers } from '../../src/workers/workers.ts';
import {
  alone,
  ask,
  inShards,
  makeModel,
  occupy,
  startWorkers,
  watchWorkers,
} from '../support/models/points.ts';
import { bitsIn, openRegistry, register } from '../support/models/registry.ts';
import { LIMITS } from '../support/models/settings.ts';

const EXACT: CertifyOptions = { method: 'exact' };
const SMOOTHED: CertifyOptions = { method: 'smoothed' };

let model: Model;
let other: Model;
/** Of which one instance alone is split among idle workers. */
let large: Model;
let instances: number[][];
let expected: string[];

beforeAll(async () => {
  const made = await makeModel({ rows: 3100, columns: 100, classes: 2 });
  ({ model } = made);
  other = (await makeModel({ rows: 3100, columns: 100, classes: 2, seed: 2 })).model;
  large = (await makeModel({ rows: 20_011, columns: 100, classes: 2, seed: 3 })).model;
  instances = made.instances(64);
  expected = alone(model, instances, EXACT).map(bitsIn);
});

/** What has been posted and started shows after a turn of the event loop. */
const aTurn = () => new Promise(setImmediate);

async function expectServed(threads: Workers) {
  expect((await ask(threads, model, instances.slice(0, 5), EXACT)).map(bitsIn)).toEqual(expected.slice(0, 5));
  expect(threads.waiting).toBe(0);
}

describe('a request that is cancelled', () => {
  it('before it is asked: is refused, and nothing waits', async () => {
    const threads = startWorkers(1);
    const reason = new Error('gone');
    await expect(ask(threads, model, instances, EXACT, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(threads.waiting).toBe(0);
    await expectServed(threads);
  });

  it('while it waits: leaves the queue at once, and the others stay', async () => {
    const threads = startWorkers(1);
    const busy = occupy(threads, model, instances[0]);
    const before = ask(threads, model, instances.slice(0, 3), EXACT);
    const controller = new AbortController();
    const cancelled = ask(threads, model, instances, EXACT, controller.signal);
    const after = ask(threads, model, instances.slice(3, 9), EXACT);
    expect(threads.waiting).toBe(3 + 64 + 6);
    const reason = new Error('gone');
    controller.abort(reason);
    await expect(cancelled).rejects.toBe(reason);
    expect(threads.waiting).toBe(3 + 6);
    busy.stop();
    expect((await before).map(bitsIn)).toEqual(expected.slice(0, 3));
    expect((await after).map(bitsIn)).toEqual(expected.slice(3, 9));
    expect(threads.waiting).toBe(0);
  });

  it('while a worker is at it: frees the worker, and others of its pass have their answers', async () => {
    const threads = startWorkers(1);
    const first = occupy(threads, model, instances[0]);
    const second = occupy(threads, model, instances[0], 400_000);
    const company = ask(threads, model, instances.slice(0, 5), EXACT); // in a pass with the second
    first.stop();
    await first.ended;
    while (threads.waiting > 0) await aTurn();
    second.stop();
    await second.ended;
    expect((await company).map(bitsIn)).toEqual(expected.slice(0, 5));
    await expectServed(threads);
  });

  it('when only part of it has been given: takes the rest along', async () => {
    const threads = startWorkers(2);
    const controller = new AbortController();
    const many = Array.from({ length: 5000 }, (_, k) => instances[k % instances.length]!);
    const cancelled = ask(threads, model, many, SMOOTHED, controller.signal);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(threads.waiting).toBeGreaterThan(1000);
    controller.abort();
    expect(threads.waiting).toBe(0);
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
    await expectServed(threads);
  });

  it('after its answer: changes nothing', async () => {
    const threads = startWorkers(1);
    const controller = new AbortController();
    const results = await ask(threads, model, instances.slice(0, 2), EXACT, controller.signal);
    controller.abort();
    expect(results.map(bitsIn)).toEqual(expected.slice(0, 2));
    await expectServed(threads);
  });
});

describe('the queue', () => {
  it('is bounded: what would be too much is refused, and leaves no trace', async () => {
    const threads = startWorkers(1, 20); // half of them for one caller
    const busy = occupy(threads, model, instances[0]);
    const waiting = ask(threads, model, instances.slice(0, 8), EXACT);
    for (let attempt = 0; attempt < 20; attempt++) {
      await expect(ask(threads, model, instances.slice(0, 3), EXACT)).rejects.toMatchObject({
        code: 'overloaded',
        status: 503,
      });
    }
    expect(threads.waiting).toBe(8);
    const fits = ask(threads, other, instances.slice(0, 2), EXACT);
    expect(threads.waiting).toBe(10);
    busy.stop();
    expect((await waiting).map(bitsIn)).toEqual(expected.slice(0, 8));
    await fits;
    expect(threads.waiting).toBe(0);
    await expectServed(threads);
  });

  it('takes a request that is larger than the bound when nothing waits', async () => {
    const threads = startWorkers(1, 10);
    expect((await ask(threads, model, instances, EXACT)).map(bitsIn)).toEqual(expected);
    expect(threads.waiting).toBe(0);
  });

  it('refuses options that do not fit at once, however long it is', async () => {
    const threads = startWorkers(1);
    const busy = occupy(threads, model, instances[0]);
    const refused = ask(threads, model, instances, { method: 'partition' });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_settings' });
    expect(threads.waiting).toBe(0);
    busy.stop();
    await busy.ended;
  });

  it('lets a single instance by a long request, to the same model and to another', async () => {
    const threads = startWorkers(2);
    const controller = new AbortController();
    const many = Array.from({ length: 10_000 }, (_, k) => instances[k % instances.length]!);
    const long = ask(threads, model, many, SMOOTHED, controller.signal);
    const stopped = expect(long).rejects.toMatchObject({ name: 'AbortError' });
    await ask(threads, other, [instances[0]], EXACT); // both workers have started
    for (const asked of [model, other, model, other]) {
      const before = threads.waiting;
      await ask(threads, asked, [instances[0]], EXACT);
      // What the two workers were at, the pass with this instance, and what they began meanwhile: some five passes, or more
      // where the system lets one worker do several while the other waits for a processor.
      expect(before - threads.waiting).toBeLessThanOrEqual(16 * 64);
    }
    expect(threads.waiting).toBeGreaterThan(5000);
    controller.abort();
    await stopped;
  });

  it('serves requests of many sizes in shares: none waits for all of another', async () => {
    const threads = startWorkers(1);
    const busy = occupy(threads, model, instances[0]);
    const order: number[] = [];
    const sizes = [3000, 40, 300, 1];
    const asked = sizes.map((size) => {
      const own = Array.from({ length: size }, (_, k) => instances[k % instances.length]!);
      return ask(threads, model, own, EXACT).then((results) => {
        order.push(size);
        expect(results.map(bitsIn)).toEqual(own.map((_, k) => expected[k % instances.length]));
      });
    });
    busy.stop();
    await Promise.all(asked);
    expect(order).toEqual([1, 40, 300, 3000]);
  });
});

describe('a worker that ends', () => {
  it('fails the request that it was at, and the others are served by its successor', async () => {
    const started = watchWorkers();
    const threads = startWorkers(1);
    await expectServed(threads);
    const busy = occupy(threads, model, instances[0]);
    const waits = ask(threads, model, instances.slice(0, 5), EXACT);
    await started[0]!.terminate();
    expect(await busy.ended).toMatchObject({ code: 'worker_failed', status: 503 });
    expect((await waits).map(bitsIn)).toEqual(expected.slice(0, 5));
    expect(started).toHaveLength(2);
    await expectServed(threads);
  });

  it('fails a request of which it had a part once, and what that had left does not wait on', async () => {
    const started = watchWorkers();
    const threads = startWorkers(2);
    const many = Array.from({ length: 5000 }, (_, k) => instances[k % instances.length]!);
    const asked = expect(ask(threads, model, many, SMOOTHED)).rejects.toMatchObject({
      code: 'worker_failed',
    });
    await aTurn();
    expect(started).toHaveLength(2);
    await Promise.all(started.map((worker) => worker.terminate()));
    await asked;
    expect(threads.waiting).toBe(0);
    await expectServed(threads);
  });

  it.each([
    { who: 'the first of a split query', dies: [0] },
    { who: 'its helper', dies: [1] },
    { who: 'another helper', dies: [2] },
    { who: 'two helpers', dies: [1, 2] },
    { who: 'all of them', dies: [0, 1, 2] },
  ])('fails a request that is split: $who', async ({ dies }) => {
    const started = watchWorkers();
    const threads = startWorkers(3);
    const asked = ask(threads, large, [instances[0]], EXACT);
    const failed = expect(asked).rejects.toMatchObject({ code: 'worker_failed' });
    await aTurn();
    expect(started).toHaveLength(3); // and none of them is ready yet
    await Promise.all(dies.map((slot) => started[slot]!.terminate()));
    await failed;
    const [again] = await ask(threads, large, [instances[0]], EXACT);
    expect([bitsIn(again)]).toEqual(alone(large, [instances[0]], EXACT).map(bitsIn));
  });

  it('fails a task that is no certificate', async () => {
    const started = watchWorkers();
    const threads = startWorkers(1);
    const task = threads.run('columnMeans', large.source.rows, 1e9);
    const failed = expect(task).rejects.toMatchObject({ code: 'worker_failed' });
    await aTurn();
    await started[0]!.terminate();
    await failed;
    expect(await threads.run('columnMeans', large.source.rows, 1e9)).toEqual(large.source.means);
  });
});

describe('what others left behind', () => {
  it('does not reach the next answers: a split query that was given up before its last helper began', async () => {
    const asked = instances.slice(0, 1);
    const whole: CertifyOptions = { method: 'exact', explain: { invariantTo: ['1'] } }; // is never split
    const right = alone(large, asked, whole).map(bitsIn);
    const started = watchWorkers();
    const threads = startWorkers(3);
    await ask(threads, large, asked, EXACT);
    for (let round = 0; round < 12; round++) {
      const [, ...helpers] = started.filter(({ threadId }) => threadId > 0);
      await Promise.all(helpers.map((helper) => helper.terminate()));
      const lost = ask(threads, large, [instances[50]], EXACT);
      const failed = expect(lost).rejects.toMatchObject({ code: 'worker_failed' });
      await aTurn();
      await started.at(-2)!.terminate();
      await failed;
      // The first thread answers these while the third starts, and finds its share of the query that failed.
      for (const end = performance.now() + 250; performance.now() < end; ) {
        expect((await ask(threads, large, asked, whole)).map(bitsIn)).toEqual(right);
      }
    }
  });

  it.each([0, 1])('does not reach the next answer: a split query of which thread %i died', async (slot) => {
    const asked = instances.slice(0, 1);
    const right = alone(large, asked, EXACT).map(bitsIn);
    const started = watchWorkers();
    const threads = startWorkers(2);
    for (let round = 0; round < 10; round++) {
      const lost = ask(threads, large, [instances[50]], EXACT).catch((error: Error) => error);
      await aTurn();
      const alive = started.filter(({ threadId }) => threadId > 0);
      await alive[slot]!.terminate();
      expect((await ask(threads, large, asked, EXACT)).map(bitsIn)).toEqual(right);
      await lost; // an answer where it was quicker
    }
  });
});

describe('a model that is forgotten', () => {
  it('answers whoever still holds it: under way, waiting, and asked for later', async () => {
    const threads = startWorkers(2);
    const own = inShards(model, 2 ** 31);
    const asked = [ask(threads, own, instances, EXACT), ask(threads, own, instances, EXACT)];
    threads.forget(own);
    for (const results of await Promise.all(asked)) expect(results.map(bitsIn)).toEqual(expected);
    expect((await ask(threads, own, instances, EXACT)).map(bitsIn)).toEqual(expected);
    threads.forget(own);
    expect((await ask(threads, own, instances, EXACT)).map(bitsIn)).toEqual(expected);
  });

  it('leaves the memory of all threads', async () => {
    const threads = startWorkers(2);
    const bytes = 4 * large.ridge.rows * large.ridge.features.columns;
    const rounds = async (count: number) => {
      for (let round = 0; round < count; round++) {
        const own = inShards(large, 2 ** 31);
        await ask(threads, own, instances, EXACT);
        threads.forget(own);
        for (const { memory } of own.ridge.features.handle.memories) threads.letGo(memory.buffer.byteLength);
      }
      return process.memoryUsage.rss();
    };
    const before = await rounds(10);
    const after = await rounds(60);
    expect((after - before) / bytes).toBeLessThan(60); // of 60, each with more than its size for threads to work in
  });
});

describe('threads that are closed', () => {
  it('leave nobody waiting', async () => {
    const threads = startWorkers(1);
    const asked = [
      occupy(threads, model, instances[0]).ended,
      ask(threads, model, instances, EXACT),
      threads.run('columnMeans', large.source.rows, 1e9),
    ];
    const outcomes = Promise.allSettled(asked);
    await threads.close();
    const late = ask(threads, model, instances, EXACT);
    await expect(late).rejects.toMatchObject({ code: 'worker_failed' });
    const [busy, ...waiting] = await outcomes;
    expect(busy).toMatchObject({ value: { code: 'worker_failed' } });
    for (const one of waiting) expect(one).toMatchObject({ reason: { code: 'worker_failed' } });
    expect(threads.waiting).toBe(0);
  });
});

describe('a job that fails', () => {
  it('fails alone: the others of its block have their answers, and its worker lives on', async () => {
    const started = watchWorkers();
    const threads = startWorkers(1);
    const busy = occupy(threads, model, instances[0]);
    // what it needs is missing: a bug of ours, as far as it knows
    const broken = { method: 'exact', threat: {} as ThreatModel } as const;
    const asked = [
      ask(threads, model, instances.slice(0, 5), EXACT),
      ask(threads, model, instances.slice(0, 5), broken),
      ask(threads, model, instances.slice(5, 9), EXACT),
    ];
    busy.stop();
    const [first, second, third] = await Promise.allSettled(asked);
    expect(first).toMatchObject({ status: 'fulfilled' });
    expect(second).toMatchObject({ status: 'rejected', reason: { name: 'Error' } });
    expect(third).toMatchObject({ status: 'fulfilled' });
    await expectServed(threads);
    expect(started).toHaveLength(1);
  });

  it('is told from one that does not fit, and from one that nobody waits for', () => {
    const job = (options: CertifyOptions, cancelled = 0): Job => ({
      instances: instances.slice(0, 2),
      options,
      cancelled: Int32Array.of(cancelled),
    });
    const answers = certifyTogether(model, [
      job({ method: 'partition' }),
      job(EXACT),
      job({ method: 'monte-carlo' }),
      job(EXACT, 1),
    ]);
    expect(answers[0]).toMatchObject({ error: { code: 'invalid_settings' } });
    expect(answers[1]).toMatchObject({ results: [{}, {}] });
    expect(answers[2]).toMatchObject({ failure: expect.stringContaining('TypeError') });
    expect(answers[3]).toEqual({ results: [] });
  });
});

describe('small work', () => {
  it('is done in the main thread, and its answer is the same', async () => {
    const started = watchWorkers();
    const { model: small, instances: few } = await makeModel({ rows: 200, columns: 20, classes: 2 });
    const [instance] = few(1);
    const threads = startWorkers(2);
    const inline = await ask(threads, small, [instance], EXACT);
    expect(started).toHaveLength(0);
    const many = await ask(threads, small, new Array(2000).fill(instance), EXACT);
    expect(started).toHaveLength(2);
    expect(new Set(many.map(bitsIn))).toEqual(new Set(inline.map(bitsIn)));
  });
});

describe('an array of numbers for a model of a table', () => {
  it('is refused by a worker as by the main thread', async () => {
    const columns = ['0', '1', '2'];
    const random = new SeededRandom(71);
    const rows = Array.from({ length: 5000 }, (_, k) => [
      ...columns.map(() => random.uniform()),
      k % 2 ? 'a' : 'b',
    ]);
    const dataset = await datasetFromRows([...columns, 'y'], rows, { target: 'y' }, LIMITS);
    const table = await register(await openRegistry(), 'm', dataset);
    const asked = [[1, 2, 3], [], { 0: 1, 1: 2, 2: 3 }];
    const refused = { error: { code: 'wrong_type', detail: expect.stringContaining('an array') } };
    for (const inlineWork of [0, Number.POSITIVE_INFINITY]) {
      const threads = new Workers(1, 1000, { inlineWork });
      onTestFinished(() => threads.close());
      const results = await ask(threads, table, asked, EXACT);
      expect(results).toEqual([refused, refused, expect.objectContaining({ abstained: false })]);
    }
  });
});

describe('instances that take a worker for long', () => {
  it('leave one worker for the others, whoever came first', async () => {
    const wide = await makeModel({ rows: 3000, columns: 200, classes: 200, seed: 4 });
    const [instance] = wide.instances(1);
    const invariantTo = Array.from({ length: 16 }, (_, column) => String(column));
    const threads = startWorkers(2);
    await Promise.all([expectServed(threads), expectServed(threads)]); // both have started
    const order: string[] = [];
    const long = [0, 1, 2].map(() =>
      ask(threads, wide.model, [instance], { method: 'exact', explain: { invariantTo } }).then(() =>
        order.push('long'),
      ),
    );
    const short = ask(threads, other, instances.slice(0, 5), EXACT).then(() => order.push('short'));
    await Promise.all([...long, short]);
    expect(order).toEqual(['short', 'long', 'long', 'long']);
  });

  it('give others their turns between slices of their samples', async () => {
    const threads = startWorkers(2);
    const busy = [0, 1, 2].map(() => occupy(threads, model, instances[0]));
    const expected = alone(model, instances.slice(0, 40), SMOOTHED);
    const began = performance.now();
    expect(bitsIn(await ask(threads, model, instances.slice(0, 40), SMOOTHED))).toBe(bitsIn(expected));
    expect(performance.now() - began).toBeLessThan(10_000); // they would take hours
    for (const one of busy) one.stop();
    await Promise.all(busy.map(({ ended }) => ended));
    expect(threads.waiting).toBe(0);
    await expectServed(threads);
  });
});

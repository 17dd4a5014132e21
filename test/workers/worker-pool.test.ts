import { spawnSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Source, type Work, WorkerDiedError, WorkerPool } from '../../src/workers/worker-pool.ts';
import type { Order, Said } from '../support/process/pool-worker.ts';

const WORKER = new URL('../support/process/pool-worker.ts', import.meta.url);
const SMALL = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 };

const newGate = () => new Int32Array(new SharedArrayBuffer(4));
function open(gate: Int32Array): void {
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
}

/** Work that waits in the order in which it was asked for, and the answers. */
class Orders {
  readonly waiting: Work[] = [];
  /** What was answered or failed, in that order. */
  readonly settled: string[] = [];

  readonly source: Source = () => this.waiting.shift();

  /** `id`: what the worker is told about before, once. */
  ask(name: string, order: Order, id?: number): Promise<Said> {
    return new Promise((resolve, reject) => {
      this.waiting.push({
        message: (known) => {
          if (id !== undefined) known.add(id);
          return order;
        },
        resolve: (answer) => {
          this.settled.push(name);
          resolve(answer as Said);
        },
        reject: (error) => {
          this.settled.push(`${name} failed`);
          reject(error);
        },
      });
    });
  }
}

function startPool(size: number, sources: readonly Source[], start?: (slot: number) => Worker) {
  const started: number[] = [];
  const pool = new WorkerPool(
    size,
    (slot) => {
      started.push(slot);
      return start?.(slot) ?? new Worker(WORKER, { workerData: slot, resourceLimits: SMALL });
    },
    sources,
  );
  onTestFinished(() => pool.close());
  return { pool, started };
}

describe('a pool of workers', () => {
  it('starts workers when there is work, each for its own slot, and no more than its size', async () => {
    const orders = new Orders();
    const { pool, started } = startPool(2, [orders.source]);
    pool.wake();
    expect(started).toEqual([]);
    const gate = newGate();
    const asked = ['a', 'b', 'c', 'd'].map((say) => orders.ask(say, { say, gate }));
    pool.wake();
    expect(started).toEqual([0, 1]);
    expect(orders.waiting).toHaveLength(2); // each does one piece at a time
    open(gate);
    const said = await Promise.all(asked);
    expect(said.map(({ say }) => say)).toEqual(['a', 'b', 'c', 'd']);
    expect(new Set(said.map(({ slot }) => slot))).toEqual(new Set([0, 1]));
    expect(started).toEqual([0, 1]);
  });

  it('gives a worker nothing before it has answered', async () => {
    const orders = new Orders();
    const { pool } = startPool(1, [orders.source]);
    const gate = newGate();
    const first = orders.ask('first', { say: 'first', gate });
    const second = orders.ask('second', { say: 'second' });
    pool.wake();
    pool.wake();
    expect(orders.waiting).toHaveLength(1);
    open(gate);
    await Promise.all([first, second]);
    expect(orders.settled).toEqual(['first', 'second']);
  });

  it('lets its sources take turns, and tells them how many workers are idle', async () => {
    const [left, right] = [new Orders(), new Orders()];
    const idle: number[] = [];
    const counted: Source = (count) => {
      idle.push(count);
      return left.source(count);
    };
    const { pool } = startPool(1, [counted, right.source]);
    const all = ['l1', 'l2', 'l3'].map((say) => left.ask(say, { say }));
    all.push(...['r1', 'r2', 'r3'].map((say) => right.ask(say, { say })));
    const order: string[] = [];
    for (const asked of all) asked.then(({ say }) => order.push(say));
    pool.wake();
    await Promise.all(all);
    expect(order).toEqual(['l1', 'r1', 'l2', 'r2', 'l3', 'r3']);
    expect(new Set(idle)).toEqual(new Set([1]));

    const three = startPool(3, [counted]);
    const gate = newGate();
    idle.length = 0;
    const two = [left.ask('x', { say: 'x', gate }), left.ask('y', { say: 'y', gate })];
    three.pool.wake();
    expect(idle).toEqual([3, 2, 1]);
    open(gate);
    await Promise.all(two);
  });

  it.each(['exit', 'throw', 'fill memory'] as const)('replaces a worker that dies: %s', async (end) => {
    const orders = new Orders();
    const { pool, started } = startPool(1, [orders.source]);
    const before = orders.ask('before', { say: 'before' });
    const died = orders.ask('died', { end });
    const after = orders.ask('after', { say: 'after' });
    died.catch(() => undefined);
    pool.wake();
    const { threadId } = await before;
    await expect(died).rejects.toThrow(WorkerDiedError);
    const cause = await died.catch((error: WorkerDiedError) => error.cause);
    if (end === 'throw') expect(cause).toMatchObject({ name: 'RangeError', message: 'thrown in the worker' });
    if (end === 'fill memory') expect(cause).toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' });
    expect((await after).threadId).not.toBe(threadId);
    expect(started).toEqual([0, 0]);
    expect(orders.settled).toEqual(['before', 'died failed', 'after']);
  });

  it('replaces a worker that ended while it was idle', async () => {
    const orders = new Orders();
    let worker: Worker | undefined;
    const { pool, started } = startPool(1, [orders.source], (slot) => {
      worker = new Worker(WORKER, { workerData: slot });
      return worker;
    });
    const first = orders.ask('first', { say: 'first' });
    pool.wake();
    await first;
    await worker!.terminate();
    const second = orders.ask('second', { say: 'second' });
    pool.wake();
    await second;
    expect(started).toEqual([0, 0]);
  });

  it('fails each piece of work once when no worker can start, and goes on when one can', async () => {
    const orders = new Orders();
    let broken = true;
    const { pool, started } = startPool(2, [orders.source], (slot) =>
      broken
        ? new Worker('throw new Error("not today")', { eval: true })
        : new Worker(WORKER, { workerData: slot }),
    );
    const asked = ['a', 'b', 'c', 'd', 'e'].map((say) => orders.ask(say, { say }));
    pool.wake();
    const outcomes = await Promise.allSettled(asked);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { name: 'WorkerDiedError' } });
    expect(started).toHaveLength(5);
    broken = false;
    const last = orders.ask('last', { say: 'last' });
    pool.wake();
    expect((await last).say).toBe('last');
  });

  it('fails what it cannot start a worker for, and what cannot be posted, and gives the slot other work', async () => {
    const orders = new Orders();
    let refusing = true;
    const { pool } = startPool(1, [orders.source], (slot) => {
      if (refusing) throw new Error('no more threads');
      return new Worker(WORKER, { workerData: slot });
    });
    const refused = [orders.ask('a', { say: 'a' }), orders.ask('b', { say: 'b' })];
    pool.wake();
    for (const one of refused)
      await expect(one).rejects.toMatchObject({ cause: { message: 'no more threads' } });
    refusing = false;
    const uncloneable = orders.ask('odd', { say: (() => 'a function') as unknown as string }, 7);
    const next = orders.ask('next', { say: 'next' });
    pool.wake();
    await expect(uncloneable).rejects.toMatchObject({ name: 'DataCloneError' });
    expect((await next).notes).toEqual([]);
    pool.forget(7, { note: '7 was told about' }); // it never was
    const last = orders.ask('last', { say: 'last' });
    pool.wake();
    expect((await last).notes).toEqual([]);
  });

  it('tells those workers to forget that know, once, and not those started since', async () => {
    const orders = new Orders();
    const { pool } = startPool(2, [orders.source]);
    const gate = newGate();
    const asked = [
      orders.ask('knows', { say: 'knows', gate }, 7),
      orders.ask('does not', { say: 'does not', gate }),
    ];
    pool.wake();
    open(gate);
    const [knows] = await Promise.all(asked);
    pool.forget(7, { note: 'forget 7' });
    pool.forget(7, { note: 'forget 7 again' });
    pool.forget(8, { note: 'forget 8' });
    const closed = newGate();
    const later = ['x', 'y'].map((say) => orders.ask(say, { say, gate: closed }));
    pool.wake();
    open(closed);
    for (const { slot, notes } of await Promise.all(later)) {
      expect(notes).toEqual(slot === knows!.slot ? ['forget 7'] : []);
    }
  });

  it('fails at its close what is worked on, what waits, and what comes later', async () => {
    const orders = new Orders();
    const { pool, started } = startPool(1, [orders.source]);
    const asked = [
      orders.ask('worked on', { say: 'worked on', gate: newGate() }),
      orders.ask('waits', { say: 'waits' }),
    ];
    const outcomes = Promise.allSettled(asked);
    pool.wake();
    await pool.close();
    const late = orders.ask('late', { say: 'late' });
    const failed = expect(late).rejects.toThrow(WorkerDiedError);
    pool.wake();
    await failed;
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ reason: { name: 'WorkerDiedError' } });
    expect(started).toEqual([0]);
  });
});

describe('the process', () => {
  const run = (busy: boolean) => {
    const pool = new URL('../../src/workers/worker-pool.ts', import.meta.url);
    const program = `
      const { Worker } = await import('node:worker_threads');
      const { WorkerPool } = await import('${pool}');
      const all = [1, 2].map((say) => ({
        message: () => ({ say }),
        resolve: ({ say }) => process.stdout.write('said ' + say + ' '),
        reject: (error) => process.stdout.write(error.message),
      }));
      const start = (slot) => {
        const worker = new Worker(new URL('${WORKER}'), { workerData: slot, execArgv: [] });
        worker.unref();
        return worker;
      };
      const pool = new WorkerPool(1, start, [() => all.shift()]);
      ${busy ? '' : 'all.length = 0;'}
      pool.wake();`;
    return spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
      timeout: 20_000,
    });
  };

  it('stays for work that is under way, and ends beside idle workers', () => {
    expect(run(true)).toMatchObject({ status: 0, signal: null, stdout: 'said 1 said 2 ' });
    expect(run(false)).toMatchObject({ status: 0, signal: null, stdout: '' });
  });
});

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Model } from '../model/model.ts';
import type { ModelSource } from '../model/model-source.ts';
import { collectGarbage } from '../process/collect-garbage.ts';
import type { Certified, Refused } from '../verdict/certified-prediction.ts';
import { type CertifyOptions, checkOptions } from '../verdict/certifier.ts';
import type { OnBatch, WorkersObserver } from './batch.ts';
import { costOfCertifying } from './cost-of-certifying.ts';
import { kernelModule } from './kernel-module.ts';
import { MAIN_THREAD } from './main-thread.ts';
import { MainThreadQueue } from './main-thread-queue.ts';
import { postedTask } from './posted-task.ts';
import { doFitTask, type FitTaskName, type TaskInput, type TaskOutput } from './tasks.ts';
import { type Work, WorkerPool } from './worker-pool.ts';
import { WorkerQueue } from './worker-queue.ts';

/**
 * What takes fewer multiply-adds is done at once in the main thread: handing it over takes about as long. Measured by
 * `npm run bench -- handover`, docs/performance.md.
 */
export const INLINE_WORK = 300_000;

/**
 * Shared memory of so many bytes that is let go of is worth some ten milliseconds of each thread to give back, so long after
 * the last.
 */
const COLLECT_FROM = 2 ** 24;
/** Of a workspace, for each row. */
const WORKSPACE_BYTES = 30;
const COLLECT_AFTER_MS = 1000;

export interface WorkersOptions {
  /** Multiply-adds that are done in the main thread. */
  readonly inlineWork?: number;
  readonly observer?: WorkersObserver | undefined;
}

export interface CertifyExtras {
  /** A later part of a request whose first part was admitted: the limit of waiting instances is not for it. */
  readonly admitted?: boolean;
  readonly onBatch?: OnBatch | undefined;
  /** On whose account the work is; default: on that of the service itself. */
  readonly account?: string | undefined;
}

/**
 * A small set of worker threads, with a queue for certificates and one for the tasks of a fit. What is small is done in the
 * main thread, where that is quicker.
 */
export class Workers {
  /** Threads that can share a task, at least 1. */
  readonly count: number;
  readonly #inlineWork: number;
  readonly #pool: WorkerPool;
  readonly #queue: WorkerQueue;
  readonly #inline: MainThreadQueue;
  readonly #tasks: Work[] = [];
  readonly #inUse = new Map<number, number>();
  /** Bytes of shared memory that nothing needs any more. */
  #loose = 0;
  #collection: NodeJS.Timeout | undefined;
  readonly #forgotten = new WeakSet<ModelSource>();

  /** `mostWaiting`: instances that may wait for a worker. */
  constructor(
    count: number,
    mostWaiting: number,
    { inlineWork = INLINE_WORK, observer }: WorkersOptions = {},
  ) {
    this.count = count;
    this.#inlineWork = inlineWork;
    this.#inline = new MainThreadQueue(observer);
    this.#queue = new WorkerQueue(count, mostWaiting, observer);
    const sources = [this.#queue.next, () => this.#tasks.shift()];
    this.#pool = new WorkerPool(count, startWorker, sources, () => observer?.workerDied());
  }

  /** Slots that a shared memory needs: one for the main thread and one a worker. */
  get slots(): number {
    return this.count + 1;
  }

  /** Instances that wait for a worker. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /**
   * Does a task of a fit. `work`: about how many multiply-adds it takes. Throws what the task throws, and a SuretyError when a
   * worker died over it.
   */
  async run<Name extends FitTaskName>(
    name: Name,
    input: TaskInput<Name>,
    work: number,
  ): Promise<TaskOutput<Name>> {
    if (work <= this.#inlineWork) return doFitTask(name, input, MAIN_THREAD);
    return new Promise<TaskOutput<Name>>((resolve, reject) => {
      this.#tasks.push(postedTask(name, input, [], { resolve, reject }));
      this.#pool.wake();
    });
  }

  /**
   * A result for each instance, in their order: what one gets does not depend on the others, and a bad one gets an error in its
   * place. Throws a SuretyError when the options do not fit the model, too many instances are waiting (unless `admitted`), or a
   * worker died over it; and the signal's reason when it is aborted. Cost: see `certifyTogether`.
   */
  async certify(
    model: Model,
    instances: readonly unknown[],
    options: CertifyOptions,
    signal: AbortSignal,
    { admitted = false, onBatch, account = '' }: CertifyExtras = {},
  ): Promise<(Certified | Refused)[]> {
    checkOptions(model, options);
    const work = costOfCertifying(model, options, instances.length);
    if (work <= this.#inlineWork) return this.#inline.add(model, instances, options, work, onBatch);
    if (!admitted) this.#queue.admit(account, instances.length);
    const { source } = model;
    const { id } = source;
    this.#inUse.set(id, (this.#inUse.get(id) ?? 0) + 1);
    try {
      const results = this.#queue.add(model, instances, options, signal, { caller: account, onBatch });
      this.#pool.wake();
      return await results;
    } finally {
      const others = this.#inUse.get(id)! - 1;
      if (others > 0) this.#inUse.set(id, others);
      else this.#inUse.delete(id);
      if (others === 0 && this.#forgotten.has(source)) this.#close(id);
    }
  }

  /** Lets go of a model's memory as soon as nothing that is under way needs it. */
  forget({ source, ridge }: Model): void {
    this.#forgotten.add(source); // whoever still holds the model may yet ask for more
    if (!this.#inUse.has(source.id)) this.#close(source.id);
    const ownOfEach = ridge.rows * WORKSPACE_BYTES;
    this.letGo(ridge.shared.handle.memory.memory.buffer.byteLength + this.count * ownOfEach);
  }

  /**
   * Tells that shared memory of so many bytes is no longer used. The garbage collector does not count it, so that enough of
   * it has to be collected on purpose.
   */
  letGo(bytes: number): void {
    this.#loose += bytes;
    if (this.#loose < COLLECT_FROM) return;
    this.#collection ??= setTimeout(async () => {
      this.#collection = undefined;
      this.#loose = 0;
      await collectGarbage();
      this.#pool.tellAll('collect garbage');
    }, COLLECT_AFTER_MS).unref();
  }

  close(): Promise<void> {
    clearTimeout(this.#collection);
    return this.#pool.close();
  }

  #close(id: number): void {
    this.#pool.forget(id, { close: id });
  }
}

function startWorker(slot: number): Worker {
  const url = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(url, { workerData: { slot: slot + 1, module: kernelModule() } });
  worker.unref();
  return worker;
}

import type { Model } from '../model/model.ts';
import type { Certified, Refused } from '../verdict/certified-prediction.ts';
import type { CertifyOptions } from '../verdict/certifier.ts';
import { certifyTogether, type Job, resultsOf } from '../verdict/certify-together.ts';
import { Stopwatch } from '../verdict/stopwatch.ts';
import type { Batch, OnBatch, WorkersObserver } from './batch.ts';
import { MAIN_THREAD } from './main-thread.ts';

/** Multiply-adds of one turn, some milliseconds; the rest waits for the next. */
const TURN_WORK = 3e6;

const NOT_CANCELLED = new Int32Array(1);

interface Small {
  readonly model: Model;
  readonly job: Job;
  readonly work: number;
  readonly onBatch: OnBatch | undefined;
  readonly resolve: (results: (Certified | Refused)[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Small work, done in this thread as soon as the event loop has read what came in together: requests to one model share
 * their passes, and their answers go out one after the other.
 */
export class MainThreadQueue {
  readonly #observer: WorkersObserver | undefined;
  #waiting: Small[] = [];

  constructor(observer?: WorkersObserver) {
    this.#observer = observer;
  }

  /** A result for each instance. `work`: about how many multiply-adds they take. Throws as `resultsOf`. */
  add(
    model: Model,
    instances: readonly unknown[],
    options: CertifyOptions,
    work: number,
    onBatch?: OnBatch,
  ): Promise<(Certified | Refused)[]> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#run());
      const job = { instances, options, cancelled: NOT_CANCELLED };
      this.#waiting.push({ model, job, work, onBatch, resolve, reject });
    });
  }

  #run(): void {
    let work = 0;
    let count = 0;
    while (count < this.#waiting.length && work < TURN_WORK) work += this.#waiting[count++]!.work;
    const taken = this.#waiting.splice(0, count);
    if (this.#waiting.length > 0) setImmediate(() => this.#run());
    for (const [model, own] of Map.groupBy(taken, (one) => one.model)) this.#certifyTogether(model, own);
  }

  #certifyTogether(model: Model, requests: readonly Small[]): void {
    try {
      const stopwatch = new Stopwatch(requests.some(({ onBatch }) => onBatch !== undefined));
      const answers = certifyTogether(
        model,
        requests.map(({ job }) => job),
        stopwatch,
      );
      const batch: Batch = {
        role: 'main',
        thread: MAIN_THREAD.slot,
        requests: requests.length,
        instances: requests.reduce((sum, { job }) => sum + job.instances.length, 0),
        timing: stopwatch.stop(),
      };
      this.#observer?.batchDone(batch);
      for (const [k, { job, onBatch, resolve, reject }] of requests.entries()) {
        onBatch?.(batch, job.instances.length);
        try {
          resolve([...resultsOf(answers[k]!)]);
        } catch (error) {
          reject(error);
        }
      }
    } catch (error) {
      for (const { reject } of requests) reject(error);
    }
  }
}

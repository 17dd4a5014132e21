import type { Certified, Refused } from '../certified.ts';
import type { CertifyOptions } from '../certifier.ts';
import { certifyJobs, type Job, resultsOf } from '../certify-jobs.ts';
import type { Model } from '../model.ts';

/** Multiply-adds of one turn, some milliseconds; the rest waits for the next. */
const TURN_WORK = 3e6;

const NOT_CANCELLED = new Int32Array(1);

interface Small {
  readonly model: Model;
  readonly job: Job;
  readonly work: number;
  readonly resolve: (results: (Certified | Refused)[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Small work, done in this thread as soon as the event loop has read what came in together: requests to one model share
 * their passes, and their answers go out one after the other.
 */
export class InlineQueue {
  #waiting: Small[] = [];

  /** A result for each instance. `work`: about how many multiply-adds they take. Throws as `resultsOf`. */
  add(
    model: Model,
    instances: readonly unknown[],
    options: CertifyOptions,
    work: number,
  ): Promise<(Certified | Refused)[]> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#run());
      const job = { instances, options, cancelled: NOT_CANCELLED };
      this.#waiting.push({ model, job, work, resolve, reject });
    });
  }

  #run(): void {
    let work = 0;
    let count = 0;
    while (count < this.#waiting.length && work < TURN_WORK) work += this.#waiting[count++]!.work;
    const taken = this.#waiting.splice(0, count);
    if (this.#waiting.length > 0) setImmediate(() => this.#run());
    for (const [model, own] of Map.groupBy(taken, (one) => one.model)) certifyTogether(model, own);
  }
}

function certifyTogether(model: Model, requests: readonly Small[]): void {
  try {
    const answers = certifyJobs(
      model,
      requests.map(({ job }) => job),
    );
    for (const [k, { resolve, reject }] of requests.entries()) {
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

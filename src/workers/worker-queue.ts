import { SuretyError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import type { Certified, Refused } from '../verdict/certified-prediction.ts';
import type { CertifyOptions } from '../verdict/certifier.ts';
import { type Job, type JobAnswer, resultsOf } from '../verdict/certify-together.ts';
import type { Timing } from '../verdict/stopwatch.ts';
import type { Batch, OnBatch, WorkersObserver } from './batch.ts';
import { ContributionArrays } from './contribution-arrays.ts';
import { canBeSplit, costOfCertifying } from './cost-of-certifying.ts';
import { postedTask } from './posted-task.ts';
import { newProgress, reportFailure } from './split-query.ts';
import type { Source, Work } from './worker-pool.ts';

/** Multiply-adds that one worker is given at most, unless a single instance takes more: some hundred milliseconds. */
const MAX_WORK = 1e9;

/** Multiply-adds of one instance that hold a worker for long: some seconds. */
const LONG_WORK = 5e9;

/** One request on its way through the queue. */
interface QueuedRequest {
  readonly model: Model;
  readonly instances: readonly unknown[];
  readonly options: CertifyOptions;
  readonly results: (Certified | Refused)[];
  readonly cancelled: Int32Array;
  readonly onBatch: OnBatch | undefined;
  readonly resolve: (results: (Certified | Refused)[]) => void;
  readonly reject: (error: Error) => void;
  /** Instances that workers have been given. */
  given: number;
  done: number;
  settled: boolean;
}

/**
 * Instances that wait to be certified, of any number of requests. An idle worker is given those of one model together, as
 * many as wait divided by the idle workers and at most one pass's: so a request finds company when there is some, and waits
 * for nothing when there is none. Models take turns, and so do the requests of a model, a large one with many small ones.
 * A single instance that finds several idle workers is split among them by rows.
 */
export class WorkerQueue {
  readonly #mostWaiting: number;
  readonly #observer: WorkersObserver | undefined;
  /** Requests that have instances left to give, by the id of their model; the first is next. */
  readonly #models = new Map<number, QueuedRequest[]>();
  readonly #shares: Work[] = [];
  readonly #arrays = new ContributionArrays();
  #waiting = 0;
  /** Workers that may be, and are, at a single instance for long. */
  readonly #mostLong: number;
  #long = 0;

  /** `mostWaiting`: instances that may wait for one of so many workers. */
  constructor(workers: number, mostWaiting: number, observer?: WorkersObserver) {
    this.#mostLong = Math.max(1, workers - 1);
    this.#mostWaiting = mostWaiting;
    this.#observer = observer;
  }

  /** Instances that no worker has been given yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Throws a SuretyError when too many are waiting. */
  admit(count: number): void {
    if (this.#waiting === 0 || this.#waiting + count <= this.#mostWaiting) return;
    throw new SuretyError(
      'overloaded',
      `${this.#waiting} instances are waiting to be certified, at most ${this.#mostWaiting} may (SURETY_MAX_QUEUED); try again`,
    );
  }

  /** Lets instances wait for a worker. Rejects with the signal's reason as soon as it is aborted. */
  add(
    model: Model,
    instances: readonly unknown[],
    options: CertifyOptions,
    signal: AbortSignal,
    onBatch?: OnBatch,
  ): Promise<(Certified | Refused)[]> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const cancelled = new Int32Array(new SharedArrayBuffer(4));
      const settle = () => {
        request.settled = true;
        signal.removeEventListener('abort', abort);
      };
      const request: QueuedRequest = {
        model,
        instances,
        options,
        results: new Array(instances.length),
        cancelled,
        onBatch,
        resolve: (results) => {
          settle();
          resolve(results);
        },
        reject: (error) => {
          if (request.settled) return;
          settle();
          Atomics.store(cancelled, 0, 1);
          this.#withdraw(request);
          reject(error);
        },
        given: 0,
        done: 0,
        settled: false,
      };
      const abort = () => request.reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      const { id } = model.source;
      const others = this.#models.get(id);
      if (others === undefined) this.#models.set(id, [request]);
      else others.push(request);
      this.#waiting += instances.length;
    });
  }

  /** The next piece of work for a worker. */
  readonly next: Source = (idle) => {
    const share = this.#shares.shift();
    if (share !== undefined) return share;
    const found = this.#nextModel();
    if (found === undefined) return undefined;
    const [id, requests] = found;
    this.#models.delete(id);
    const [{ model, options }] = requests as [QueuedRequest];
    const waiting = requests.reduce((sum, { instances, given }) => sum + instances.length - given, 0);
    if (waiting === 1 && idle > 1 && canBeSplit(model, options)) return this.#split(requests[0]!, idle);
    const work = this.#take(model, requests, Math.ceil(waiting / idle));
    if (requests.length > 0) this.#models.set(id, requests); // behind the other models
    return work;
  };

  /**
   * The first model that has a request for a worker now, that request first. A single instance may hold a worker for as long as
   * it takes, a minute and more: as many workers are given such ones as leave one for the others.
   */
  #nextModel(): [number, QueuedRequest[]] | undefined {
    for (const [id, requests] of this.#models) {
      const at = requests.findIndex((request) => !isLong(request) || this.#long < this.#mostLong);
      if (at > 0) requests.unshift(...requests.splice(at, 1));
      if (at >= 0) return [id, requests];
    }
    return undefined;
  }

  /** Work on a single instance that may hold its worker for long, until it has ended. */
  #countLong(request: QueuedRequest): () => void {
    if (!isLong(request)) return () => {};
    this.#long++;
    return () => {
      this.#long--;
    };
  }

  /** Takes up to `share` instances, a pass's at most, off the requests; what they have left goes behind the others'. */
  #take(model: Model, requests: QueuedRequest[], share: number): Work {
    const most = Math.min(share, model.ridge.features.block);
    const slices: { request: QueuedRequest; from: number; to: number }[] = [];
    const left: QueuedRequest[] = [];
    let taken = 0;
    let work = 0;
    const ended = this.#countLong(requests[0]!);
    while (taken < most && requests.length > 0) {
      const request = requests[0]!;
      const each = costOfCertifying(model, request.options);
      const fair = Math.ceil((most - taken) / requests.length);
      const affordable = Math.floor((MAX_WORK - work) / each);
      const from = request.given;
      const count = Math.min(
        fair,
        request.instances.length - from,
        Math.max(affordable, taken === 0 ? 1 : 0),
      );
      if (count === 0) break;
      requests.shift();
      slices.push({ request, from, to: from + count });
      request.given += count;
      taken += count;
      work += count * each;
      if (request.given < request.instances.length) left.push(request);
    }
    requests.push(...left);
    this.#waiting -= taken;
    const jobs = slices.map(({ request, from, to }) => jobOf(request, from, to));
    const inPhases = slices.some(({ request }) => request.onBatch !== undefined);
    return postedTask('certifyBlock', { model: model.source.id, jobs, inPhases }, [model.source], {
      resolve: ({ answers, thread, timing }) => {
        ended();
        const batch = { role: 'worker', thread, requests: slices.length, instances: taken, timing } as const;
        this.#observer?.batchDone(batch);
        for (const [k, { request, from, to }] of slices.entries()) {
          request.onBatch?.(batch, to - from);
          deliver(request, from, answers[k]!);
        }
      },
      reject: (error) => {
        ended();
        for (const { request } of slices) request.reject(error);
      },
    });
  }

  /** One instance to several workers: the first is given its work at once, the others' lies ready for them. */
  #split(request: QueuedRequest, workers: number): Work {
    const { model, given } = request;
    const { rows } = model.ridge;
    const progress = newProgress(workers - 1);
    const bound = (part: number) => Math.round((rows * part) / workers);
    const { alpha, release } = this.#arrays.take(model.source, rows, workers);
    const inPhases = request.onBatch !== undefined;
    const query = { model: model.source.id, alpha, progress, inPhases };
    const job = jobOf(request, given, given + 1);
    const tell = (role: Batch['role'], thread: number, timing: Timing) => {
      const batch = { role, thread, requests: 1, instances: 1, timing };
      this.#observer?.batchDone(batch);
      request.onBatch?.(batch, 1);
    };
    const ended = this.#countLong(request);
    request.given++;
    this.#waiting--;
    for (let part = 1; part < workers; part++) {
      const share = { ...query, instance: job.instances[0], from: bound(part), to: bound(part + 1) };
      this.#shares.push(
        postedTask('contributeShare', share, [model.source], {
          resolve: ({ thread, timing }) => {
            release();
            tell('helper', thread, timing);
          },
          reject: () => {
            reportFailure(progress);
            release();
          },
        }),
      );
    }
    return postedTask('certifySplit', { ...query, job, from: 0, to: bound(1) }, [model.source], {
      resolve: ({ answers: [answer], thread, timing }) => {
        ended();
        release();
        tell('worker', thread, timing);
        deliver(request, given, answer!);
      },
      reject: (error) => {
        ended();
        release();
        request.reject(error);
      },
    });
  }

  #withdraw(request: QueuedRequest): void {
    const { id } = request.model.source;
    const requests = this.#models.get(id);
    const at = requests?.indexOf(request) ?? -1;
    if (at < 0) return;
    requests!.splice(at, 1);
    if (requests!.length === 0) this.#models.delete(id);
    this.#waiting -= request.instances.length - request.given;
  }
}

function isLong({ model, options }: QueuedRequest): boolean {
  return costOfCertifying(model, options) > LONG_WORK;
}

function jobOf({ model, instances, options, cancelled }: QueuedRequest, from: number, to: number): Job {
  const own = instances.slice(from, to);
  return { instances: model.map.state.kind === 'vectors' ? own.map(packed) : own, options, cancelled };
}

/**
 * An array of numbers in the single precision to which the feature map of ready-made features rounds it: posting that is far
 * quicker.
 */
function packed(instance: unknown): unknown {
  if (!Array.isArray(instance)) return instance;
  const numbers = new Float32Array(instance.length);
  for (let k = 0; k < numbers.length; k++) {
    const value: unknown = instance[k];
    if (typeof value !== 'number') return instance;
    numbers[k] = value;
  }
  return numbers;
}

/** Puts a job's answer in its place; the request has its answer when all are there. */
function deliver(request: QueuedRequest, from: number, answer: JobAnswer): void {
  if (request.settled) return;
  try {
    const results = resultsOf(answer);
    for (const [k, result] of results.entries()) request.results[from + k] = result;
    request.done += results.length;
  } catch (error) {
    request.reject(error as Error);
    return;
  }
  if (request.done === request.instances.length) request.resolve(request.results);
}

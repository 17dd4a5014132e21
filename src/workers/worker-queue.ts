import { SuretyError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import type { Certified, Refused } from '../verdict/certified-prediction.ts';
import type { CertifyOptions } from '../verdict/certifier.ts';
import { queriesABlock, type Sampled } from '../verdict/certify-monte-carlo.ts';
import { type Job, type JobAnswer, resultsOf } from '../verdict/certify-together.ts';
import type { Timing } from '../verdict/stopwatch.ts';
import type { Batch, OnBatch, WorkersObserver } from './batch.ts';
import { ContributionArrays } from './contribution-arrays.ts';
import {
  canBeSplit,
  costOfCertifying,
  costOfSamples,
  namedValues,
  samplesWithin,
} from './cost-of-certifying.ts';
import { FairLines, type Turn } from './fair-lines.ts';
import { postedTask } from './posted-task.ts';
import { newProgress, reportFailure } from './split-query.ts';
import type { Source, Work } from './worker-pool.ts';

/** Multiply-adds that one worker is given at most, unless a single instance takes more: some two hundred milliseconds. */
const MAX_WORK = 4e8;

/** Named values of the instances, and of the answers, of one batch: to post and read them takes the main thread some ten milliseconds. */
const MAX_NAMED_VALUES = 2 ** 16;

/** Multiply-adds of one instance that hold a worker for long: some seconds. */
const LONG_WORK = 5e9;

/** One request on its way through the queue. */
interface QueuedRequest {
  /** On whose account it is. */
  readonly caller: string;
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
  /** Of them, those whose next slice waits. */
  readonly paused: Paused[];
  done: number;
  settled: boolean;
}

/** Instances of a request, a block that shares its samples, which are not all drawn. */
interface Paused {
  readonly from: number;
  readonly to: number;
  readonly sampled: Sampled | null;
}

/**
 * Instances that wait to be certified, of any number of requests. An idle worker is given those of one model together, as
 * many as wait divided by the idle workers and at most one pass's: so a request finds company when there is some, and waits
 * for nothing when there is none. Whose turn it is, `FairLines` says; the callers whose requests are for the same model
 * share what the worker is given, and so do the requests of a caller, a large one with many small ones. A single instance
 * that finds several idle workers is split among them by rows. Those that samples are drawn for are given in slices.
 */
export class WorkerQueue {
  readonly #mostWaiting: number;
  readonly #observer: WorkersObserver | undefined;
  /** Requests that have instances left to give. */
  readonly #lines = new FairLines<QueuedRequest>();
  readonly #shares: Work[] = [];
  readonly #arrays = new ContributionArrays();
  /** Instances that no worker has been given yet, by caller. */
  readonly #waitingOf = new Map<string, number>();
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

  /**
   * Throws a SuretyError when too many are waiting: of all, or half of that of one caller. A caller that has none waiting may
   * always ask, as long as the others keep to what they may.
   */
  admit(caller: string, count: number): void {
    const own = this.#waitingOf.get(caller) ?? 0;
    const most = this.#mostWaiting;
    if (own === 0 ? this.#waiting <= most : own + count <= most / 2 && this.#waiting + count <= most) return;
    throw new SuretyError(
      'overloaded',
      `${this.#waiting} instances are waiting to be certified, at most ${most} may, half of them of one caller (SURETY_MAX_QUEUED); try again`,
    );
  }

  /** Lets instances wait for a worker. Rejects with the signal's reason as soon as it is aborted. */
  add(
    model: Model,
    instances: readonly unknown[],
    options: CertifyOptions,
    signal: AbortSignal,
    { caller, onBatch }: { readonly caller: string; readonly onBatch?: OnBatch | undefined },
  ): Promise<(Certified | Refused)[]> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const cancelled = new Int32Array(new SharedArrayBuffer(4));
      const settle = () => {
        request.settled = true;
        signal.removeEventListener('abort', abort);
      };
      const request: QueuedRequest = {
        ...{ caller, model, instances, options, cancelled, onBatch },
        results: new Array(instances.length),
        paused: [],
        resolve: (results) => {
          settle();
          resolve(results);
        },
        reject: (error) => {
          if (request.settled) return;
          settle();
          Atomics.store(cancelled, 0, 1);
          this.#lines.withdraw(request);
          this.#count(request, request.given - instances.length);
          reject(error);
        },
        given: 0,
        done: 0,
        settled: false,
      };
      const abort = () => request.reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      this.#lines.add(request);
      this.#count(request, instances.length);
    });
  }

  /** The next piece of work for a worker. */
  readonly next: Source = (idle) => {
    const share = this.#shares.shift();
    if (share !== undefined) return share;
    const turns = this.#lines.next((request) => !isLong(request) || this.#long < this.#mostLong);
    if (turns === undefined) return undefined;
    const [first] = turns as [Turn<QueuedRequest>];
    const request = first.requests[0]!;
    if (request.options.method === 'monte-carlo') return this.#slice(first, idle);
    const waiting = turns.reduce(
      (sum, { requests }) => sum + requests.reduce((own, one) => own + one.instances.length - one.given, 0),
      0,
    );
    if (waiting === 1 && idle > 1 && canBeSplit(request.model, request.options))
      return this.#split(first, idle);
    return this.#take(request.model, turns, Math.ceil(waiting / idle));
  };

  /** Counts instances of a request among those that wait. */
  #count({ caller }: QueuedRequest, more: number): void {
    this.#waiting += more;
    const own = (this.#waitingOf.get(caller) ?? 0) + more;
    if (own > 0) this.#waitingOf.set(caller, own);
    else this.#waitingOf.delete(caller);
  }

  /** Gives out the next instances of a request: where they begin. */
  #give(request: QueuedRequest, count: number): number {
    const from = request.given;
    request.given += count;
    this.#count(request, -count);
    return from;
  }

  /**
   * Work on a single instance that may hold its worker for long, a minute and more, until it has ended: as many workers are
   * given such ones as leave one for the others.
   */
  #countLong(request: QueuedRequest): () => void {
    if (!isLong(request)) return () => {};
    this.#long++;
    return () => {
      this.#long--;
    };
  }

  /** Takes up to `share` instances, a pass's at most, off the callers' requests; what a request has left goes behind the others. */
  #take(model: Model, turns: readonly Turn<QueuedRequest>[], share: number): Work {
    const most = Math.min(share, model.ridge.features.block);
    const slices: { request: QueuedRequest; from: number; to: number }[] = [];
    const ended = this.#countLong(turns[0]!.requests[0]!);
    let taken = 0;
    let work = 0;
    let named = 0;
    for (const [t, { requests, charge }] of turns.entries()) {
      const upTo = taken + Math.ceil((most - taken) / (turns.length - t));
      for (let unseen = requests.length; unseen > 0 && taken < upTo; unseen--) {
        const request = requests[0]!;
        const each = costOfCertifying(model, request.options);
        const names = namedValues(model, request.options);
        const affordable = Math.floor(Math.min((MAX_WORK - work) / each, (MAX_NAMED_VALUES - named) / names));
        const fair = Math.ceil((upTo - taken) / unseen);
        const left = request.instances.length - request.given;
        const count = Math.min(fair, left, Math.max(affordable, taken === 0 ? 1 : 0));
        if (count === 0) break;
        requests.shift();
        const from = this.#give(request, count);
        slices.push({ request, from, to: from + count });
        taken += count;
        work += count * each;
        named += count * names;
        charge(count * each);
        if (count < left) requests.push(request);
      }
    }
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

  /** Some samples of a block of instances; where they have come to then waits for the caller's next turn. */
  #slice({ requests, charge }: Turn<QueuedRequest>, idle: number): Work {
    const request = requests.shift()!;
    const { model } = request;
    const { from, to, sampled } = request.paused.shift() ?? this.#begin(request, idle);
    if (hasLeft(request)) requests.push(request);
    const most = samplesWithin(MAX_WORK, model, to - from);
    charge(costOfSamples(model, most, to - from));
    const job = { ...jobOf(request, from, to), slice: { before: sampled, most } };
    const inPhases = request.onBatch !== undefined;
    return postedTask('certifyBlock', { model: model.source.id, jobs: [job], inPhases }, [model.source], {
      resolve: ({ answers, thread, timing }) => {
        const answer = answers[0]!;
        const instances = 'sampled' in answer ? 0 : to - from;
        const batch = { role: 'worker', thread, requests: 1, instances, timing } as const;
        this.#observer?.batchDone(batch);
        request.onBatch?.(batch, instances);
        if (!('sampled' in answer)) return deliver(request, from, answer);
        if (request.settled) return;
        request.paused.push({ from, to, sampled: answer.sampled });
        this.#lines.add(request);
      },
      reject: request.reject,
    });
  }

  /** The next block of a request whose samples are drawn together. */
  #begin(request: QueuedRequest, idle: number): Paused {
    const left = request.instances.length - request.given;
    const count = Math.min(queriesABlock(request.model.labels.length), Math.ceil(left / idle));
    const from = this.#give(request, count);
    return { from, to: from + count, sampled: null };
  }

  /** One instance to several workers: the first is given its work at once, the others' lies ready for them. */
  #split({ requests, charge }: Turn<QueuedRequest>, workers: number): Work {
    const request = requests.shift()!;
    const { model, options } = request;
    const given = this.#give(request, 1);
    charge(costOfCertifying(model, options));
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
}

function isLong({ model, options }: QueuedRequest): boolean {
  return options.method !== 'monte-carlo' && costOfCertifying(model, options) > LONG_WORK;
}

function hasLeft({ given, instances, paused }: QueuedRequest): boolean {
  return given < instances.length || paused.length > 0;
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

import type { Query } from '../certify/query.ts';
import { ANY_LABEL, flippableRows } from '../certify/threat.ts';
import { isRefusal, SuretyError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { describeError } from '../process/describe-error.ts';
import type { Certified, Refused, Verdict } from './certified-prediction.ts';
import { type Certifier, type CertifyOptions, certifierFor } from './certifier.ts';
import type { Sampled } from './certify-monte-carlo.ts';
import { readScores, type Scored } from './score-instance.ts';
import { Stopwatch } from './stopwatch.ts';

/** Some of a request's instances, to be certified in one go. */
export interface Job {
  readonly instances: readonly unknown[];
  readonly options: CertifyOptions;
  /** Set to 1 by another thread when nobody waits for the answer any more. */
  readonly cancelled: Int32Array;
  /** For method monte-carlo and one block of instances: where its samples have come to, and how many more are drawn now. */
  readonly slice?: { readonly before: Sampled | null; readonly most: number };
}

/**
 * What becomes of a job: a result for each instance, one error for the whole request, a failure on our side, or, of a slice,
 * where its samples have come to.
 */
export type JobAnswer =
  | { readonly sampled: Sampled }
  | { readonly results: readonly (Certified | Refused)[] }
  | Refused
  | { readonly failure: string };

/**
 * Certifies the instances of several requests to one model in common passes over its rows, in this thread and in one
 * piece. What an instance gets does not depend on the others: not a bit of it. A bad one gets an error in its place, and a
 * job that fails leaves the others alone. Throws what `runPass` throws.
 *
 * Cost of one: O(d^2 + n d), then for each rival class a few passes over n, or some five for smoothed; for monte-carlo a
 * pass a sample, the drawing shared by a block of instances. An ensemble takes the same as exact for all its members
 * together, and its knapsack. `runPass` computes the contributions to so many encoded queries of the workspace, and tells
 * when it has solved for them.
 */
export function certifyTogether(
  model: Model,
  jobs: readonly Job[],
  stopwatch = new Stopwatch(),
  runPass: RunPass = (count, solved) => model.workspace.pass.run(model.workspace.queries, count, solved),
): JobAnswer[] {
  const pass = new CommonPass(model, stopwatch, runPass);
  const runs = jobs.map((job) => begun(model, job));
  for (const [j, run] of runs.entries()) {
    if (!(run instanceof JobRun)) continue;
    for (const [place, instance] of jobs[j]!.instances.entries()) run.begin(place, instance, pass);
  }
  pass.run();
  return runs.map((run) => (run instanceof JobRun ? run.answer() : run));
}

/** The results that the answer of a whole job has. Throws its error, as a SuretyError unless the failure is ours. */
export function resultsOf(answer: JobAnswer): readonly (Certified | Refused)[] {
  if ('results' in answer) return answer.results;
  if ('sampled' in answer) throw new TypeError('resultsOf: expected the answer of a whole job');
  if ('failure' in answer) throw new Error(answer.failure);
  throw new SuretyError(answer.error.code, answer.error.detail);
}

/** An instance that waits, encoded, for the pass over the rows. */
interface Waiting {
  readonly run: JobRun;
  readonly place: number;
  readonly instance: unknown;
}

type RunPass = (count: number, solved: () => void) => void;

/** Scores the instances that wait, in blocks: one reading of the rows for all of a block. */
class CommonPass {
  readonly stopwatch: Stopwatch;
  readonly #model: Model;
  readonly #runPass: RunPass;
  #waiting: Waiting[] = [];

  constructor(model: Model, stopwatch: Stopwatch, runPass: RunPass) {
    this.#model = model;
    this.stopwatch = stopwatch;
    this.#runPass = runPass;
  }

  get isFull(): boolean {
    return this.#waiting.length === this.#model.workspace.pass.block;
  }

  /**
   * Encodes an instance and lets it wait, where there is room. Returns the encoding's warnings; throws a SuretyError when it
   * does not fit.
   */
  add(one: Waiting): string[] {
    const { map, workspace } = this.#model;
    this.stopwatch.enter('encode');
    const warnings = map.encode(one.instance, workspace.query(this.#waiting.length));
    this.#waiting.push(one);
    return warnings;
  }

  /** Scores all that wait, and hands them on one after the other. */
  run(): void {
    const { workspace } = this.#model;
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    this.stopwatch.enter('solve');
    this.#runPass(waiting.length, () => this.stopwatch.enter('pass'));
    this.stopwatch.enter('certificate');
    for (const [at, { run, place, instance }] of waiting.entries()) {
      run.take(place, () => ({ instance, h: workspace.query(at), query: readScores(this.#model, at) }));
    }
  }
}

const WHOLE = { before: null, most: Number.POSITIVE_INFINITY };

/** Ends the work on a job that nobody waits for. */
class CancelledError extends Error {}

/** One job on its way: what each of its instances gets, in their order. */
class JobRun {
  readonly #results: (Certified | Refused)[] = [];
  readonly #warnings: string[][] = [];
  readonly #certifier: Certifier;
  readonly #cancelled: Int32Array;
  readonly #required: number | undefined;
  /** Copies of the queries that wait to be sampled for, by place. */
  readonly #unsampled = new Map<number, Query>();
  readonly #slice: NonNullable<Job['slice']>;
  /** Where the samples have come to that are not all drawn. */
  #sampled: Sampled | null = null;
  #failure: string | null = null;

  constructor(model: Model, { options, cancelled, slice = WHOLE }: Job) {
    this.#cancelled = cancelled;
    this.#slice = slice;
    this.#certifier = certifierFor(model, options, () => {
      if (this.#isCancelled()) throw new CancelledError();
    });
    this.#required = requiredFlips(model, options);
  }

  /** Certifies an instance, or lets it wait for the pass. */
  begin(place: number, instance: unknown, pass: CommonPass): void {
    const certifier = this.#certifier;
    if (certifier.kind === 'voted') {
      this.#attempt(place, () => {
        const { verdict, warnings } = certifier.vote(instance, pass.stopwatch);
        this.#results[place] = this.#finished(verdict, warnings);
      });
      return;
    }
    const alone = certifier.kind === 'scored' && certifier.alone;
    if (alone || pass.isFull) pass.run();
    this.#attempt(place, () => {
      this.#warnings[place] = pass.add({ run: this, place, instance });
    });
    if (alone) pass.run();
  }

  /** Certifies an instance that has been scored. */
  take(place: number, scored: () => Scored): void {
    this.#attempt(place, () => {
      const certifier = this.#certifier;
      if (certifier.kind === 'scored') {
        this.#results[place] = this.#finished(certifier.verdict(scored()), this.#warnings[place]!);
      } else if (certifier.kind === 'sampled') {
        this.#unsampled.set(place, ownCopy(scored().query));
        if (this.#unsampled.size === certifier.block) this.#sample(certifier);
      }
    });
  }

  answer(): JobAnswer {
    const certifier = this.#certifier;
    try {
      if (certifier.kind === 'sampled' && this.#failure === null) this.#sample(certifier);
    } catch (error) {
      if (isRefusal(error)) return refusalBy(error);
      if (!(error instanceof CancelledError)) return { failure: failureBy(error) };
    }
    if (this.#failure !== null) return { failure: this.#failure };
    return this.#sampled === null ? { results: this.#results } : { sampled: this.#sampled };
  }

  #sample({ sample, samples, verdicts }: Certifier & { kind: 'sampled' }): void {
    const places = [...this.#unsampled.keys()];
    if (places.length === 0) return;
    const queries = [...this.#unsampled.values()];
    const sampled = sample(queries, this.#slice.before, this.#slice.most);
    if (sampled.drawn < samples) {
      this.#sampled = sampled;
      this.#unsampled.clear();
      return;
    }
    const found = verdicts(queries, sampled);
    for (const [k, place] of places.entries()) {
      this.#results[place] = this.#finished(found[k]!, this.#warnings[place]!);
    }
    this.#unsampled.clear();
  }

  /** Works on an instance, unless nobody waits for it. What is not the instance's fault fails the job. */
  #attempt(place: number, act: () => void): void {
    if (this.#isCancelled() || this.#failure !== null) return;
    try {
      act();
    } catch (error) {
      if (isRefusal(error)) this.#results[place] = refusalBy(error);
      else if (!(error instanceof CancelledError)) this.#failure = failureBy(error);
    }
  }

  #finished({ warnings: ofVerdict = [], ...verdict }: Verdict, ofInstance: readonly string[]): Certified {
    const warnings = [...ofInstance, ...ofVerdict];
    const enough = (verdict.certificate?.flips ?? -1) >= (this.#required ?? 0);
    return {
      ...verdict,
      ...(this.#required !== undefined && { outcome: enough ? 'accept' : 'refer' }),
      ...(verdict.abstained && { outcome: 'refer' }),
      ...(warnings.length > 0 && { warnings }),
    };
  }

  #isCancelled(): boolean {
    return Atomics.load(this.#cancelled, 0) === 1;
  }
}

/** The flips to ask for: no certificate counts more than the rows that may be flipped, and those are all there are. */
function requiredFlips(model: Model, options: CertifyOptions): number | undefined {
  const { threat = ANY_LABEL, requiredFlips: flips } = options;
  return flips && Math.min(flips, flippableRows(threat, model.labels, model.classes.length));
}

/** A query outside the model's workspace. */
function ownCopy({ alpha, labels, scores }: Query): Query {
  const { sums, magnitudes } = scores;
  return { alpha: alpha.slice(), labels, scores: { sums: sums.slice(), magnitudes: magnitudes.slice() } };
}

function begun(model: Model, job: Job): JobRun | Refused | { readonly failure: string } {
  try {
    return new JobRun(model, job);
  } catch (error) {
    return isRefusal(error) ? refusalBy(error) : { failure: failureBy(error) };
  }
}

function refusalBy({ code, message }: SuretyError): Refused {
  return { error: { code, detail: message } };
}

/** For the log: what is thrown in a worker is posted as text. */
export function failureBy(error: unknown): string {
  return describeError(error).stack;
}

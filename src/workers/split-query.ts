import { isRefusal, SuretyError } from '../errors.ts';
import { certifyTogether, type Job, type JobAnswer } from '../verdict/certify-together.ts';
import { Stopwatch, type Timing } from '../verdict/stopwatch.ts';
import type { TaskThread } from './task-thread.ts';

/**
 * One query whose rows several threads share. Each computes the contributions of its range of rows; the first collects
 * those of its helpers, and certifies when they are all there.
 *
 * No thread writes to what another works in: the helpers leave their contributions in memory of this query alone. For
 * nothing stops a helper when the first thread has died, or has given up and does something else.
 */
export interface SplitQuery {
  readonly model: number;
  readonly instance: unknown;
  /** Rows of this thread: `from` (inclusive) to `to` (exclusive). */
  readonly from: number;
  readonly to: number;
  /** The helpers' contributions (n); all of these threads have it until they are done. */
  readonly alpha: Float64Array;
  /** Helpers that are not done, and whether one of them never will be. */
  readonly progress: Int32Array;
  /** Whether the phases are to be timed. */
  readonly inPhases: boolean;
}

const REMAINING = 0;
const FAILED = 1;

export function newProgress(helpers: number): Int32Array {
  const progress = new Int32Array(new SharedArrayBuffer(8));
  progress[REMAINING] = helpers;
  return progress;
}

/** Tells the first thread not to wait for a helper that died. */
export function reportFailure(progress: Int32Array): void {
  Atomics.store(progress, FAILED, 1);
  Atomics.notify(progress, REMAINING);
}

/** What a thread posts back of a batch. */
export interface BatchAnswer {
  readonly answers: JobAnswer[];
  readonly thread: number;
  readonly timing: Timing;
}

/** A helper's share. An instance that does not fit is for the first thread to refuse. */
export function contributeShare(
  { model: id, instance, from, to, alpha, progress, inPhases }: SplitQuery,
  thread: TaskThread,
): Omit<BatchAnswer, 'answers'> {
  const stopwatch = new Stopwatch(inPhases);
  const { map, workspace } = thread.model(id);
  try {
    stopwatch.enter('encode');
    map.encode(instance, workspace.query(0));
    stopwatch.enter('solve');
    workspace.pass.runPart(workspace.query(0), from, to, () => stopwatch.enter('pass'));
    workspace.pass.readPart(from, to, alpha);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  const timing = stopwatch.stop(); // before the first thread goes on, however late this one does
  Atomics.sub(progress, REMAINING, 1);
  Atomics.notify(progress, REMAINING);
  return { thread: thread.slot, timing };
}

/** The first thread's share, and the certificate. */
export function certifySplit(
  { job, ...query }: Omit<SplitQuery, 'instance'> & { readonly job: Job },
  thread: TaskThread,
): BatchAnswer {
  const stopwatch = new Stopwatch(query.inPhases);
  const model = thread.model(query.model);
  const { workspace } = model;
  const answers = certifyTogether(model, [job], stopwatch, (_one, solved) => {
    workspace.pass.runPart(workspace.query(0), query.from, query.to, solved);
    waitForHelpers(query.progress);
    workspace.pass.writePart(query.to, model.labels.length, query.alpha);
  });
  return { answers, thread: thread.slot, timing: stopwatch.stop() };
}

function waitForHelpers(progress: Int32Array): void {
  for (;;) {
    const remaining = Atomics.load(progress, REMAINING);
    if (remaining === 0) return;
    if (Atomics.load(progress, FAILED) === 1) throw new SuretyError('worker_failed', WORKER_FAILED);
    Atomics.wait(progress, REMAINING, remaining, WAIT_MS);
  }
}

/** A failure is noticed after so long at the latest. */
const WAIT_MS = 100;

export const WORKER_FAILED =
  'a worker thread ended while it worked on this request; it has been replaced, try again';

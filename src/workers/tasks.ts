import { SharedRows, type SharedRowsHandle } from '../kernel/memory/shared-rows.ts';
import { fitMember } from '../model/fit-member.ts';
import { requireFactor } from '../model/lambda.ts';
import type { Thread } from '../model/thread.ts';
import { columnMeans } from '../ridge/column-means.ts';
import { SharedFactor, type SharedFactorHandle } from '../ridge/shared-factor.ts';
import { type GramShare, SharedGram, type SharedGramHandle } from '../ridge/shared-gram.ts';
import { certifyTogether, type Job } from '../verdict/certify-together.ts';
import { Stopwatch } from '../verdict/stopwatch.ts';
import { type BatchAnswer, certifySplit, contributeShare } from './split-query.ts';
import type { TaskThread } from './task-thread.ts';

interface GramTask extends GramShare {
  readonly rows: SharedRowsHandle;
  readonly gram: SharedGramHandle;
  readonly means: Float64Array;
}

interface FactorTask {
  readonly gram: SharedGramHandle;
  readonly factor: SharedFactorHandle;
  readonly lambda: number;
}

interface BlockTask {
  readonly model: number;
  readonly jobs: readonly Job[];
  /** Whether the phases are to be timed. */
  readonly inPhases: boolean;
}

/** What any thread can do: it takes no model. Inputs and answers can be posted; a SuretyError arrives as one. */
export const FIT_TASKS = {
  fitMember,

  columnMeans: (rows: SharedRowsHandle) => columnMeans(new SharedRows(rows)),

  addToGram({ rows, gram, means, ...share }: GramTask, thread: Thread): void {
    new SharedGram(gram).add(new SharedRows(rows), means, share, thread);
  },

  factor({ gram, factor, lambda }: FactorTask): void {
    const { values, size } = new SharedGram(gram);
    new SharedFactor(factor).packed.set(requireFactor(values, size, lambda));
  },
} as const;

/** What a worker can do, by name. */
export const TASKS = {
  ...FIT_TASKS,
  certifySplit,
  contributeShare,

  certifyBlock({ model, jobs, inPhases }: BlockTask, thread: TaskThread): BatchAnswer {
    const stopwatch = new Stopwatch(inPhases);
    const answers = certifyTogether(thread.model(model), jobs, stopwatch);
    return { answers, thread: thread.slot, timing: stopwatch.stop() };
  },
} as const;

export type FitTaskName = keyof typeof FIT_TASKS;
export type TaskName = keyof typeof TASKS;
export type TaskInput<Name extends TaskName> = Parameters<(typeof TASKS)[Name]>[0];
export type TaskOutput<Name extends TaskName> = ReturnType<(typeof TASKS)[Name]>;

/** Does a task that takes no model, in this thread. */
export function doFitTask<Name extends FitTaskName>(
  name: Name,
  input: TaskInput<Name>,
  thread: Thread,
): TaskOutput<Name> {
  const task = FIT_TASKS[name] as (input: TaskInput<Name>, thread: Thread) => TaskOutput<Name>;
  return task(input, thread);
}

/** Does a task in this worker. */
export function doTask<Name extends TaskName>(
  name: Name,
  input: TaskInput<Name>,
  thread: TaskThread,
): TaskOutput<Name> {
  const task = TASKS[name] as (input: TaskInput<Name>, thread: TaskThread) => TaskOutput<Name>;
  return task(input, thread);
}

import { parentPort, workerData } from 'node:worker_threads';
import { SuretyError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import type { ModelSource } from '../model/model-source.ts';
import { openModel } from '../model/open-model.ts';
import { collectGarbage } from '../process/collect-garbage.ts';
import { failureBy } from '../verdict/certify-together.ts';
import type { TaskThread } from './task-thread.ts';
import { doTask, type TaskInput, type TaskName } from './tasks.ts';

/** What the main thread posts to a worker. */
export type Message = Order | { readonly close: number } | 'collect garbage';

interface Order {
  /** Models that the task needs and the worker does not know yet. */
  readonly open: readonly ModelSource[];
  readonly task: TaskName;
  readonly input: TaskInput<TaskName>;
}

/** What a worker posts back for a task. */
export type Answer =
  | { readonly result: unknown }
  | { readonly refused: Pick<SuretyError, 'code' | 'message'> }
  | { readonly failure: string };

/** Models that this thread has been told of, and those that it has opened. */
const sources = new Map<number, ModelSource>();
const models = new Map<number, Model>();

const thread: TaskThread = {
  slot: workerData.slot,
  module: workerData.module,
  model(id) {
    const opened = models.get(id);
    if (opened !== undefined) return opened;
    const source = sources.get(id);
    if (source === undefined) throw new RangeError(`this thread knows no model ${id}`);
    const model = openModel(source, thread);
    models.set(id, model);
    return model;
  },
};

function answerTo({ task, input }: Order): Answer {
  try {
    return { result: doTask(task, input, thread) };
  } catch (error) {
    if (error instanceof SuretyError) return { refused: { code: error.code, message: error.message } };
    return { failure: failureBy(error) };
  }
}

parentPort!.on('messageerror', (error) => {
  throw error; // a request that cannot be read, which ends this thread: somebody waits for the answer
});

parentPort!.on('message', (message: Message) => {
  if (message === 'collect garbage') collectGarbage();
  else if ('close' in message) {
    sources.delete(message.close);
    models.delete(message.close);
  } else {
    for (const source of message.open) sources.set(source.id, source);
    parentPort!.postMessage(answerTo(message));
  }
});

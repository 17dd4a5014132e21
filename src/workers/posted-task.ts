import { SuretyError } from '../errors.ts';
import { forCertifying, type ModelSource } from '../model/model-source.ts';
import { WORKER_FAILED } from './split-query.ts';
import type { TaskInput, TaskName, TaskOutput } from './tasks.ts';
import type { Answer, Message } from './worker.ts';
import { type Work, WorkerDiedError } from './worker-pool.ts';

interface Outcome<Name extends TaskName> {
  readonly resolve: (output: TaskOutput<Name>) => void;
  readonly reject: (error: Error) => void;
}

/** A task as work for a pool. Models that it needs are opened in a worker that does not know them. */
export function postedTask<Name extends TaskName>(
  task: Name,
  input: TaskInput<Name>,
  models: readonly ModelSource[],
  { resolve, reject }: Outcome<Name>,
): Work {
  return {
    message: (known): Message => {
      const open = models.filter(({ id }) => !known.has(id));
      for (const { id } of open) known.add(id);
      return { open: open.map(forCertifying), task, input };
    },
    resolve: (answer) => {
      const given = answer as Answer;
      if ('result' in given) resolve(given.result as TaskOutput<Name>);
      else if ('refused' in given) reject(new SuretyError(given.refused.code, given.refused.message));
      else reject(new Error(given.failure));
    },
    reject: (error) => {
      const died = error instanceof WorkerDiedError;
      reject(died ? new SuretyError('worker_failed', WORKER_FAILED, { cause: error }) : error);
    },
  };
}

import type { Model } from '../model/model.ts';
import type { Certified, Refused } from '../verdict/certified-prediction.ts';
import type { CertifyOptions } from '../verdict/certifier.ts';
import type { OnBatch } from './batch.ts';
import type { TaskInput, TaskName, TaskOutput } from './tasks.ts';

export interface CertifyExtras {
  /** A later part of a request whose first part was admitted: the limit of waiting instances is not for it. */
  readonly admitted?: boolean;
  readonly onBatch?: OnBatch | undefined;
}

/** What the main thread lets others do, or does itself where that is quicker. */
export interface Threads {
  /** Slots that a shared memory needs: one for the main thread and one a worker. */
  readonly slots: number;
  /** Threads that can share a task, at least 1. */
  readonly workers: number;
  /**
   * Does a task. `work`: about how many multiply-adds it takes. Throws what the task throws, and a SuretyError when a worker
   * died over it.
   */
  run<Name extends TaskName>(name: Name, input: TaskInput<Name>, work: number): Promise<TaskOutput<Name>>;
  /**
   * A result for each instance, in their order. Throws a SuretyError when the options do not fit the model, too many
   * instances are waiting (unless `admitted`), or a worker died over it; and the signal's reason.
   */
  certify(
    model: Model,
    instances: readonly unknown[],
    options: CertifyOptions,
    signal: AbortSignal,
    extras?: CertifyExtras,
  ): Promise<(Certified | Refused)[]>;
  /** Lets go of a model's memory as soon as nothing that is under way needs it. */
  forget(model: Model): void;
  /**
   * Tells that shared memory of so many bytes is no longer used. The garbage collector does not count it, so that enough of
   * it has to be collected on purpose.
   */
  letGo(bytes: number): void;
  close(): Promise<void>;
}

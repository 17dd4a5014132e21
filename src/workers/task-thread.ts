import type { Model } from '../model/model.ts';
import type { Thread } from '../model/thread.ts';

/** A worker, which opens the models that it has been told of when a task first needs them. */
export interface TaskThread extends Thread {
  /** A model that this thread has been told of. Throws a RangeError when it has not. */
  readonly model: (id: number) => Model;
}

import type { Model } from './model.ts';

/** A thread that certifies: the main one, or a worker. */
export interface Thread {
  /** Its slot in the memories that threads share; the main thread has 0. */
  readonly slot: number;
  /** The compiled kernel. */
  readonly module: WebAssembly.Module;
  /** A model that this thread has opened. Throws a RangeError when it has not. */
  readonly model: (id: number) => Model;
}

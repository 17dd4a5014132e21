import type { ModelSource } from '../model/model-source.ts';

/**
 * Arrays of one number a training row, shared between threads, that are used again: the garbage collector does not count
 * shared memory, so that a new one for each query could fill the machine before it is called.
 */
export class ContributionArrays {
  /** Those that nobody uses; they go with the model. */
  readonly #free = new WeakMap<ModelSource, Float64Array[]>();

  /** One whose content does not matter. After so many calls of `release` it may be used again. */
  take(source: ModelSource, rows: number, users: number): { alpha: Float64Array; release: () => void } {
    const free = this.#free.get(source) ?? [];
    this.#free.set(source, free);
    const alpha = free.pop() ?? new Float64Array(new SharedArrayBuffer(8 * rows));
    let using = users;
    const release = () => {
      if (--using === 0) free.push(alpha);
    };
    return { alpha, release };
  }
}

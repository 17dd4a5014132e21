import { SuretyError } from '../errors.ts';

/**
 * Work of which one piece is done at a time, in the order in which it was asked for; at most `most` are in it, the one that is
 * being done too.
 */
export class WaitingLine {
  readonly #most: number;
  #length = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Waits for its turn and does the work. Throws a SuretyError `overloaded` when too much waits already, and the signal's
   * reason as soon as it is aborted while it waits; the work must heed the signal itself.
   */
  async do<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    if (this.#length >= this.#most)
      throw new SuretyError('overloaded', `${this.#most} such requests are waiting already; try again`);
    this.#length++;
    const before = this.#last;
    const done = Promise.withResolvers<void>();
    this.#last = before.then(() => done.promise);
    try {
      await Promise.race([aborted(signal), before]);
      return await work();
    } finally {
      this.#length--;
      done.resolve();
    }
  }
}

/** Rejects when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {}); // also when nobody waits for it any more
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  return promise;
}

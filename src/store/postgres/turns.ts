import { StoreUnavailableError } from '../store.ts';

interface Waiter {
  readonly go: () => void;
  readonly fail: (error: Error) => void;
}

/** So many at a time, the others in a line, for so long at most. */
export class Turns {
  #free: number;
  readonly #waitMs: number;
  readonly #line: Waiter[] = [];

  constructor(atATime: number, waitMs: number) {
    this.#free = atATime;
    this.#waitMs = waitMs;
  }

  /** Waits for a turn, which `done` ends. Throws a StoreUnavailableError when it does not come in time, or `giveUp` is called. */
  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { go: resolve, fail: reject };
    const timer = setTimeout(() => {
      this.#line.splice(this.#line.indexOf(waiter), 1);
      reject(new StoreUnavailableError('too many wait for a connection to the store'));
    }, this.#waitMs);
    this.#line.push(waiter);
    await promise.finally(() => clearTimeout(timer));
  }

  done(): void {
    const next = this.#line.shift();
    if (next === undefined) this.#free++;
    else next.go();
  }

  /** Nobody who waits now will get what the others did not. */
  giveUp(): void {
    for (const { fail } of this.#line.splice(0))
      fail(new StoreUnavailableError('there is no connection to the store'));
  }
}

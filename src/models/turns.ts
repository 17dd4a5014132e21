/** Other requests get a turn of the event loop after so many milliseconds. */
const TURN_MS = 10;

/**
 * Turns of the event loop for other requests while a long piece of work goes on: `if (turns.due) await
 * turns.give()` between its steps. Giving one stops the work with the signal's reason once it is aborted.
 */
export class Turns {
  readonly #signal: AbortSignal;
  #end = performance.now() + TURN_MS;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  get due(): boolean {
    return performance.now() > this.#end;
  }

  async give(): Promise<void> {
    await new Promise(setImmediate);
    this.#signal.throwIfAborted();
    this.#end = performance.now() + TURN_MS;
  }
}

import { SuretyError } from '../errors.ts';

/**
 * Work of which one piece is done at a time. Callers take turns, and what one of them asks for is done in its order. At most
 * `most` pieces are in the line, the one that is being done too, and half of them are of one caller.
 */
export class WaitingLine {
  readonly #most: number;
  /** Who begins a piece that waits, by caller; the first caller is next. */
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #counts = new Map<string, number>();
  #length = 0;
  #busy = false;

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Waits for the caller's turn and does the work. Throws a SuretyError `overloaded` when too much waits already, and the
   * signal's reason as soon as it is aborted while it waits; the work must heed the signal itself.
   */
  async do<Result>(caller: string, work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted();
    const own = this.#counts.get(caller) ?? 0;
    if (this.#length >= this.#most || own >= this.#most / 2) {
      const waiting = `${own} such requests of this caller, ${this.#length} in all,`;
      throw new SuretyError('overloaded', `${waiting} are waiting already; try again`);
    }
    this.#count(caller, 1);
    try {
      if (this.#busy) await this.#turn(caller, signal);
      this.#busy = true;
      return await work().finally(() => this.#passOn());
    } finally {
      this.#count(caller, -1);
    }
  }

  #count(caller: string, more: number): void {
    this.#length += more;
    const own = (this.#counts.get(caller) ?? 0) + more;
    if (own > 0) this.#counts.set(caller, own);
    else this.#counts.delete(caller);
  }

  /** Waits until it is passed on to the caller; rejects with the signal's reason. */
  #turn(caller: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const line = this.#waiting.get(caller) ?? [];
      this.#waiting.set(caller, line);
      const begin = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        line.splice(line.indexOf(begin), 1);
        if (line.length === 0) this.#waiting.delete(caller);
        reject(signal.reason);
      };
      line.push(begin);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #passOn(): void {
    const next = this.#waiting.entries().next().value;
    this.#busy = next !== undefined; // until it begins, nobody else may
    if (next === undefined) return;
    const [caller, line] = next;
    const begin = line.shift()!;
    this.#waiting.delete(caller);
    if (line.length > 0) this.#waiting.set(caller, line); // behind the other callers
    begin();
  }
}

/** Holds up whoever comes, one by one, until a test lets them go on. */
export class Gate {
  readonly #waiting: (() => void)[] = [];

  pass(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Waits until somebody waits. */
  async reached(): Promise<void> {
    while (this.#waiting.length === 0) await new Promise(setImmediate);
  }

  /** Lets the first who waits go on, who may be still to come. */
  async open(): Promise<void> {
    await this.reached();
    this.#waiting.shift()!();
  }
}

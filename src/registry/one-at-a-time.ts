/** Work that never runs twice at a time: whoever asks while it runs has it run once more, together with all others who did. */
export class OneAtATime {
  readonly #work: () => Promise<void>;
  #running: Promise<void> | null = null;
  #again = false;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Resolves when a run that began after this call has ended; rejects as the work does. */
  run(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#runAgain();
    return this.#running;
  }

  async #runAgain(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        await this.#work();
      }
    } finally {
      this.#running = null;
    }
  }
}

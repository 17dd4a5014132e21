import type { Logger } from 'pino';

/** Logs an outage once when it begins and once when it is over, however often it is noticed. */
export class Outage {
  readonly #log: Pick<Logger, 'error' | 'info'>;
  readonly #what: string;
  #lasting = false;

  constructor(log: Pick<Logger, 'error' | 'info'>, what: string) {
    this.#log = log;
    this.#what = what;
  }

  noticed(err: unknown): void {
    if (!this.#lasting) this.#log.error({ err }, `${this.#what} cannot be read`);
    this.#lasting = true;
  }

  over(): void {
    if (this.#lasting) this.#log.info(`${this.#what} can be read again`);
    this.#lasting = false;
  }
}

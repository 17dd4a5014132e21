import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';

/** Where transactions that change the models tell of it. */
export const CHANNEL = 'surety';

/** Between two questions whether all is well; as often the models are looked at, should a notice have been lost. */
const POLL_MS = 1000;
/** A server that has not answered such a question by then does not answer; nor one that takes no connection by then. */
const ANSWER_MS = 2000;
const CONNECT_MS = 1500;
/** A timer that is noticed so much later says nothing about the database. */
const LATE_MS = 200;
const MAX_PAUSE_MS = 500;
/** What the client says then, which has no code for it. */
const NO_ANSWER = 'Query read timeout';

/**
 * Watches a Postgres database on a connection of its own: for notices of changes, and whether it answers and takes changes.
 * A connection that is lost is made again; only when that fails too it is an outage, which is logged once, and once more when
 * it is over. Time is measured by timers, which do not follow the clock.
 */
export class Watcher {
  readonly #options: pg.ClientConfig;
  readonly #log: Logger;
  readonly #onSilence: () => void;
  readonly #closing = new AbortController();
  #outage: string | null = null;
  /** When it answered last; at first, when it could have been asked. */
  #heard = performance.now();
  /** When the database was asked last. */
  #asked = 0;

  /**
   * `onSilence` is called when nothing comes back any more on a connection that was made, and when an outage begins in which
   * the database says nothing.
   */
  constructor(options: pg.ClientConfig, log: Logger, onSilence: () => void) {
    this.#options = { ...options, connectionTimeoutMillis: CONNECT_MS, query_timeout: ANSWER_MS };
    this.#log = log;
    this.#onSilence = onSilence;
  }

  get outage(): string | null {
    return this.#outage;
  }

  /** Milliseconds since the last answer. */
  get silentMs(): number {
    return performance.now() - this.#heard;
  }

  async run(onChange: () => void): Promise<void> {
    for (let failures = 0; !this.#closing.signal.aborted; ) {
      try {
        await this.#connection(() => {
          failures = 0;
          onChange();
        });
      } catch (error) {
        failures++;
        // A firewall may have forgotten the connections that there are, while it lets new ones through.
        if ((error as Error).message === NO_ANSWER && this.#waitedInVain()) this.#onSilence();
        if (failures > 1) this.#note('the store does not answer', error);
      }
      await this.#pause(Math.min(MAX_PAUSE_MS, 50 * 2 ** failures) * (0.5 + Math.random() / 2));
    }
  }

  close(): void {
    this.#closing.abort();
  }

  /** One connection until it ends, or takes no changes; `onChange` also each time that it has answered. */
  async #connection(onChange: () => void): Promise<void> {
    const client = new pg.Client(this.#options);
    client.on('error', () => {}); // its query fails, or the next
    const ended = new Promise((resolve) => client.once('end', resolve));
    try {
      await client.connect();
      client.on('notification', onChange);
      await client.query(`listen ${CHANNEL}`);
      while (!this.#closing.signal.aborted) {
        this.#asked = performance.now();
        const { rows } = await client.query("select current_setting('transaction_read_only') as read_only");
        this.#heard = performance.now();
        const readOnly = rows[0].read_only === 'on';
        this.#note(readOnly ? 'the store takes no changes' : null);
        onChange();
        await Promise.race([this.#pause(POLL_MS), ended]);
        if (readOnly) return; // a session stays so, when the database takes changes again
      }
    } finally {
      void client.end().catch(() => {});
    }
  }

  /** Not when this thread did something else meanwhile: the answer may have come, and the timer was looked at first. */
  #waitedInVain(): boolean {
    return performance.now() - this.#asked < ANSWER_MS + LATE_MS;
  }

  #note(outage: string | null, error?: unknown): void {
    if (outage === this.#outage || this.#closing.signal.aborted) return;
    this.#outage = outage;
    const { code, message } = (error ?? {}) as { code?: string; message?: string };
    if (outage === null) this.#log.info('the store answers again, and takes changes');
    else this.#log.warn({ code, reason: message }, outage);
    if (error !== undefined && !(error instanceof pg.DatabaseError)) this.#onSilence(); // else it did answer
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal, ref: false }).catch(() => {});
  }
}

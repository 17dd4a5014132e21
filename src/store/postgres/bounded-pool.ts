import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { StoreUnavailableError } from '../store.ts';
import { Turns } from './turns.ts';

/** How long a query may take before its connection is given up. A server that works ends it before that. */
const SILENCE_MS = 25_000;

/** How long one may wait for a connection that others have, while the server answers them. */
const LINE_MS = 60_000;

/**
 * Postgres' codes for what is not the query's fault and passes: lost connections, a server that starts, stops, is full or
 * has become read-only, time that ran out, deadlocks.
 */
const PASSING = /^(08|40|53|57|25006|25P0[34]|55P03)/;

/** The session is read-only, which a session stays, whatever becomes of the database. */
const READ_ONLY = '25006';

/** What a pool gives, which its types leave half of. */
type PooledClient = pg.PoolClient & pg.Client;

/**
 * A pool of connections for Kysely. What fails for the connection's sake, and not the query's, is a StoreUnavailableError;
 * no query waits for ever, whatever became of the server. While it answers, a query waits for a connection that others have;
 * once one cannot be made or all are cut, all who wait fail.
 */
export class BoundedPool implements PostgresPool {
  readonly options: object;
  readonly #silenceMs: number;
  readonly #pool: pg.Pool;
  readonly #turns: Turns;
  readonly #clients = new Set<PooledClient>();
  /** Of no more use: ended, which the pool does not notice of a client that nobody uses, or in a session that stays read-only. */
  readonly #spent = new WeakSet<PooledClient>();

  constructor(options: pg.PoolConfig, silenceMs = SILENCE_MS) {
    this.#silenceMs = silenceMs;
    this.#pool = new pg.Pool(options);
    this.#turns = new Turns(this.#pool.options.max, LINE_MS);
    this.options = this.#pool.options;
    this.#pool.on('error', () => {}); // a connection was lost that nobody used; the next query takes another
    this.#pool.on('connect', (client) => {
      client.on('error', () => {}); // lost while in use: its query fails, or the next
      this.#clients.add(client as PooledClient);
    });
    this.#pool.on('remove', (client) => this.#clients.delete(client as PooledClient));
  }

  async connect(): Promise<PostgresPoolClient> {
    const client = await this.#take();
    const query = (sql: string, parameters: readonly unknown[]) => this.#answer(client, sql, parameters);
    return {
      query: query as unknown as PostgresPoolClient['query'], // cursors, its other form, are not in use
      release: (destroy) => {
        client.release(destroy ?? this.#spent.has(client));
        this.#turns.done();
      },
    };
  }

  /** Ends every connection, so that the queries that run fail now. The pool makes new ones. */
  cut(): void {
    this.#turns.giveUp();
    for (const client of this.#clients) this.#end(client);
  }

  async end(): Promise<void> {
    this.cut();
    await this.#pool.end();
  }

  async #take(): Promise<PooledClient> {
    await this.#turns.take();
    for (;;) {
      const client = await this.#pool.connect().catch((cause: unknown) => {
        this.#turns.giveUp();
        this.#turns.done();
        throw new StoreUnavailableError('there is no connection to the store', { cause });
      });
      if (!this.#spent.has(client as PooledClient)) return client as PooledClient;
      client.release(true);
    }
  }

  #end(client: PooledClient): void {
    this.#spent.add(client);
    void client.end();
  }

  async #answer(client: PooledClient, sql: string, parameters: readonly unknown[]) {
    const timer = setTimeout(() => this.#end(client), this.#silenceMs);
    try {
      return await client.query(sql, [...parameters]);
    } catch (cause) {
      const code = cause instanceof pg.DatabaseError ? (cause.code ?? '') : null;
      if (code === READ_ONLY) this.#spent.add(client);
      if (code !== null && !PASSING.test(code)) throw cause;
      throw new StoreUnavailableError('the connection to the store failed', { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}

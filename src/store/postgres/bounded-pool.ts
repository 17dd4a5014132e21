import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { StoreUnavailableError } from '../store.ts';

/** How long a query may take before its connection is given up. A server that works ends it before that. */
const SILENCE_MS = 25_000;

/**
 * Postgres' codes for what is not the query's fault and passes: lost connections, a server that starts, stops, is full or
 * has become read-only, time that ran out, deadlocks.
 */
const PASSING = /^(08|40|53|57|25006|25P03|55P03)/;

/** What a pool gives, which its types leave half of. */
type PooledClient = pg.PoolClient & pg.Client;

/**
 * A pool of connections for Kysely. What fails for the connection's sake, and not the query's, is a StoreUnavailableError;
 * no query waits for ever, whatever became of the server.
 */
export class BoundedPool implements PostgresPool {
  readonly options: object;
  readonly #silenceMs: number;
  readonly #pool: pg.Pool;
  readonly #clients = new Set<PooledClient>();

  constructor(options: pg.PoolConfig, silenceMs = SILENCE_MS) {
    this.#silenceMs = silenceMs;
    this.#pool = new pg.Pool(options);
    this.options = this.#pool.options;
    this.#pool.on('error', () => {}); // a connection was lost that nobody used; the next query takes another
    this.#pool.on('connect', (client) => {
      client.on('error', () => {}); // lost while in use: its query fails, or the next
      this.#clients.add(client as PooledClient);
    });
    this.#pool.on('remove', (client) => this.#clients.delete(client as PooledClient));
  }

  async connect(): Promise<PostgresPoolClient> {
    const client = await this.#pool.connect().catch((cause: unknown) => {
      throw new StoreUnavailableError('there is no connection to the store', { cause });
    });
    const query = (sql: string, parameters: readonly unknown[]) =>
      this.#answer(client as PooledClient, sql, parameters);
    return {
      query: query as unknown as PostgresPoolClient['query'], // cursors, its other form, are not in use
      release: (destroy) => client.release(destroy),
    };
  }

  /** Ends every connection, so that the queries that run fail now. The pool makes new ones. */
  cut(): void {
    for (const client of this.#clients) void client.end();
  }

  async end(): Promise<void> {
    this.cut();
    await this.#pool.end();
  }

  async #answer(client: PooledClient, sql: string, parameters: readonly unknown[]) {
    const timer = setTimeout(() => void client.end(), this.#silenceMs);
    try {
      return await client.query(sql, [...parameters]);
    } catch (cause) {
      if (cause instanceof pg.DatabaseError && !PASSING.test(cause.code ?? '')) throw cause;
      throw new StoreUnavailableError('the connection to the store failed', { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}

import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import { KyselyStore } from '../kysely-store.ts';
import type { Seal } from '../seal.ts';
import type { Store } from '../store.ts';
import type { Tables } from '../tables.ts';
import { BoundedPool } from './bounded-pool.ts';
import { CHANNEL, Watcher } from './watcher.ts';

/** Connections for changes; one more listens. Each registration that is being stored has one for itself. */
const MAX_CONNECTIONS = 8;

/** Connections for what is read, which must not wait for registrations: what others delete and revoke has to be noticed. */
const MAX_READING = 2;

/**
 * How long a statement may run, which is as long as a registration waits for another of the same name, and how long the
 * server lets a transaction wait for us: a replica that hangs must not keep a name locked.
 */
const STATEMENT_MS = 20_000;
const IDLE_IN_TRANSACTION_MS = 20_000;

/** The store on a Postgres database that other processes use too. */
class PostgresStore extends KyselyStore {
  readonly #watcher: Watcher;

  constructor(db: Kysely<Tables>, seal: Seal | null, reader: Kysely<Tables>, watcher: Watcher) {
    super(db, seal, reader, {
      announce: (transaction) => sql`select pg_notify(${CHANNEL}, '')`.execute(transaction),
    });
    this.#watcher = watcher;
  }

  override get outage(): string | null {
    return this.#watcher.outage;
  }

  override get silentMs(): number {
    return this.#watcher.silentMs;
  }

  override watch(onChange: () => void): void {
    void this.#watcher.run(onChange);
  }

  override close(): Promise<void> {
    this.#watcher.close();
    return super.close();
  }
}

/**
 * The store on the Postgres database of a URL. It connects when it is used; nobody waits longer than some seconds for a server
 * that does not answer. Throws when the URL has parameters that cannot be used, without showing it.
 */
export function openPostgres(url: string, log: Logger, seal: Seal | null = null): Store {
  const options = {
    connectionString: url,
    application_name: 'surety',
    keepAlive: true,
    keepAliveInitialDelayMillis: 5000,
  };
  new pg.Client(options); // throws what would otherwise be thrown at each query
  const poolOf = (max: number) =>
    new BoundedPool({
      ...options,
      max,
      connectionTimeoutMillis: 3000,
      idleTimeoutMillis: 10_000,
      statement_timeout: STATEMENT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    });
  const changing = poolOf(MAX_CONNECTIONS);
  const reading = poolOf(MAX_READING);
  const watcher = new Watcher(options, log, () => {
    changing.cut();
    reading.cut();
  });
  return new PostgresStore(kyselyOn(changing), seal, kyselyOn(reading), watcher);
}

function kyselyOn(pool: BoundedPool): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

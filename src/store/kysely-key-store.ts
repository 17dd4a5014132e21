import { type Kysely, sql } from 'kysely';
import type { KeyStore, StoredKey } from './key-store.ts';
import type { StoreHooks } from './kysely-model-store.ts';
import type { Tables } from './tables.ts';

/** The key store on a SQL database, through Kysely. */
export class KyselyKeyStore implements KeyStore {
  readonly #db: Kysely<Tables>;
  readonly #reader: Kysely<Tables>;
  readonly #afterWrite: StoreHooks['afterWrite'];

  /** `reader`: the same database, where reading does not wait for the transactions of `db`. */
  constructor(db: Kysely<Tables>, reader: Kysely<Tables>, { afterWrite }: StoreHooks) {
    this.#db = db;
    this.#reader = reader;
    this.#afterWrite = afterWrite;
  }

  async list(): Promise<StoredKey[]> {
    const rows = await this.#reader
      .selectFrom('access_key')
      .selectAll()
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(({ scopes, models, created_at, expires_at, revoked_at, ...row }) => ({
      ...row,
      scopes: scopes.split(' '),
      models: models === null ? null : models.split(' '),
      createdAt: created_at,
      expiresAt: expires_at,
      revokedAt: revoked_at,
    }));
  }

  /** Not only how many: a database that was restored, or failed over to a copy that was behind, has fewer, and gets others. */
  async state(): Promise<string> {
    const { state } = await this.#reader
      .selectFrom('access_key')
      .select(sql<string | null>`string_agg(id || coalesce(revoked_at, ''), ' ' order by id)`.as('state'))
      .executeTakeFirstOrThrow();
    return state ?? '';
  }

  async insert({ scopes, models, createdAt, expiresAt, revokedAt, ...key }: StoredKey): Promise<void> {
    await this.#db
      .insertInto('access_key')
      .values({
        ...key,
        scopes: scopes.join(' '),
        models: models === null ? null : models.join(' '),
        created_at: createdAt,
        expires_at: expiresAt,
        revoked_at: revokedAt,
      })
      .execute();
    void this.#afterWrite?.();
  }

  async revoke(id: string, at: string): Promise<boolean> {
    const updated = await this.#db
      .updateTable('access_key')
      .set((key) => ({ revoked_at: key.fn.coalesce('revoked_at', key.val(at)) }))
      .where('id', '=', id)
      .returning('id')
      .executeTakeFirst();
    void this.#afterWrite?.();
    return updated !== undefined;
  }
}

import { type Kysely, sql } from 'kysely';
import type { KeyStore, StoredKey } from './key-store.ts';
import type { StoreHooks } from './kysely-model-store.ts';
import type { Seal } from './seal.ts';
import type { AccessKeyTable, Tables } from './tables.ts';

/** The key store on a SQL database, through Kysely. */
export class KyselyKeyStore implements KeyStore {
  readonly #db: Kysely<Tables>;
  readonly #reader: Kysely<Tables>;
  readonly #afterWrite: StoreHooks['afterWrite'];
  readonly #seal: Seal | null;

  /** `reader`: the same database, where reading does not wait for the transactions of `db`. `seal` is null where nothing is sealed. */
  constructor(db: Kysely<Tables>, reader: Kysely<Tables>, { afterWrite }: StoreHooks, seal: Seal | null) {
    this.#db = db;
    this.#reader = reader;
    this.#afterWrite = afterWrite;
    this.#seal = seal;
  }

  async list(): Promise<StoredKey[]> {
    const rows = await this.#reader
      .selectFrom('access_key')
      .selectAll()
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(({ seal, ...row }) => {
      const key = keyFrom(row);
      const believed = this.#seal === null || key.revokedAt !== null || this.#seal.isOfKey(seal, key);
      return believed ? key : { ...key, unsealed: true };
    });
  }

  /** Not only how many: a database that was restored, or failed over to a copy that was behind, has fewer, and gets others. */
  async state(): Promise<string> {
    const { state } = await this.#reader
      .selectFrom('access_key')
      .select(
        sql<
          string | null
        >`string_agg(id || coalesce(revoked_at, '') || coalesce(seal, ''), ' ' order by id)`.as('state'),
      )
      .executeTakeFirstOrThrow();
    return state ?? '';
  }

  async insert(key: StoredKey): Promise<void> {
    const { id, name, sha256, scopes, models, createdAt, expiresAt, revokedAt } = key;
    await this.#db
      .insertInto('access_key')
      .values({
        ...{ id, name, sha256 },
        scopes: scopes.join(' '),
        models: models === null ? null : models.join(' '),
        created_at: createdAt,
        expires_at: expiresAt,
        revoked_at: revokedAt,
        seal: this.#seal?.ofKey(key),
      })
      .execute();
    void this.#afterWrite?.();
  }

  async seal(key: StoredKey, by: Seal): Promise<void> {
    const sealing = this.#db.updateTable('access_key').set({ seal: by.ofKey(key) });
    await sealing.where('id', '=', key.id).where('revoked_at', 'is', null).execute();
    void this.#afterWrite?.();
  }

  async revoke(id: string, at: string): Promise<boolean> {
    const updated = await this.#db
      .updateTable('access_key')
      .set((key) => ({ revoked_at: key.fn.coalesce('revoked_at', key.val(at)), seal: null }))
      .where('id', '=', id)
      .returning('id')
      .executeTakeFirst();
    void this.#afterWrite?.();
    return updated !== undefined;
  }
}

function keyFrom({
  scopes,
  models,
  created_at,
  expires_at,
  revoked_at,
  ...row
}: Omit<AccessKeyTable, 'seal'>): StoredKey {
  return {
    ...row,
    scopes: scopes.split(' '),
    models: models === null ? null : models.split(' '),
    createdAt: created_at,
    expiresAt: expires_at,
    revokedAt: revoked_at,
  };
}

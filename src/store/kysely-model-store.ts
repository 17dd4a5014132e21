import { type Kysely, sql, type Transaction } from 'kysely';
import { Checksum } from './checksum.ts';
import { ChecksumThread } from './checksum-thread.ts';
import {
  type Allocate,
  DamagedModelError,
  inOnePiece,
  type ModelStore,
  type NewModel,
  type Part,
  type Parts,
  type StoredVersion,
} from './model-store.ts';
import { bytesIn, writerInto } from './pieces.ts';
import type { Seal } from './seal.ts';
import type { ModelTable, Tables } from './tables.ts';

/** Bytes of a chunk: small enough to be one statement's parameter on any database, large enough to be few. */
export const CHUNK_BYTES = 2 ** 20;

/** Parts from so many bytes on are hashed in a thread of their own. */
const THREAD_BYTES = 2 ** 25;

/** What one database does beyond the statements that all of them share. */
export interface StoreHooks {
  /** In each transaction that changes the models, the last thing before it commits: tells other processes. */
  readonly announce?: (transaction: Transaction<Tables>) => Promise<unknown>;
  /** Once a change is committed or has failed: leaves nothing of it behind. Must not throw. */
  readonly afterWrite?: () => Promise<void>;
}

/** The model store on a SQL database, through Kysely. */
export class KyselyModelStore implements ModelStore {
  readonly #db: Kysely<Tables>;
  readonly #reader: Kysely<Tables>;
  readonly #hooks: StoreHooks;
  readonly #seal: Seal | null;

  /** `reader`: the same database, where reading does not wait for the transactions of `db`. `seal` is null where nothing is sealed. */
  constructor(db: Kysely<Tables>, reader: Kysely<Tables>, hooks: StoreHooks, seal: Seal | null) {
    this.#db = db;
    this.#reader = reader;
    this.#hooks = hooks;
    this.#seal = seal;
  }

  async list(): Promise<StoredVersion[]> {
    const rows = await this.#reader
      .selectFrom('model')
      .selectAll()
      .orderBy('name')
      .orderBy('version')
      .execute();
    return rows.map(versionFrom);
  }

  insert(model: NewModel, isUsable: (version: number) => boolean) {
    const inserted = this.#transaction(async (transaction) => {
      const { name, digest, createdAt } = model;
      await lockName(transaction, name);
      const same = await transaction
        .selectFrom('model')
        .selectAll()
        .where('name', '=', name)
        .where('digest', '=', digest)
        .execute();
      for (const existing of same.map(versionFrom)) {
        if (isUsable(existing.version) && (await this.#isSealed(transaction, existing)))
          return { ...existing, created: false };
      }
      const version = await nextVersion(transaction, name);
      await transaction
        .insertInto('model')
        .values({ name, version, digest, created_at: createdAt })
        .execute();
      for (const [part, content] of model.parts) {
        const { sha256 } = content;
        const seal = this.#seal?.ofPart({ name, version, digest, createdAt, part, sha256 });
        await insertPart(transaction, { name, version, part }, content, seal ?? null);
      }
      await this.#hooks.announce?.(transaction);
      return { name, version, digest, createdAt, created: true };
    });
    return inserted.finally(this.#hooks.afterWrite);
  }

  async read(name: string, version: number, allocate: Allocate = inOnePiece): Promise<Parts> {
    const listed = this.#reader
      .selectFrom('blob')
      .select('part')
      .where('name', '=', name)
      .where('version', '=', version)
      .execute();
    const rows = await readable(listed, 'the list of its parts');
    const parts = new Map<string, Part>();
    for (const { part } of rows) parts.set(part, await this.#readPart(name, version, part, allocate));
    return parts;
  }

  readPart(name: string, version: number, part: string): Promise<Part> {
    return this.#readPart(name, version, part, inOnePiece);
  }

  async #readPart(name: string, version: number, part: string, allocate: Allocate): Promise<Part> {
    const key = { name, version, part };
    const described = this.#reader.selectFrom('blob').select(['bytes', 'sha256']);
    const row = await readable(described.where((blob) => blob.and(key)).executeTakeFirst(), `part '${part}'`);
    if (row === undefined) throw new DamagedModelError(`part '${part}' is missing`);
    await this.#checkSeal(key, row.sha256);
    const read = await this.#readBytes(key, Number(row.bytes), allocate);
    if (read === null || read.sha256 !== row.sha256) {
      throw new DamagedModelError(`part '${part}' does not match its checksum`);
    }
    return read;
  }

  async seal(version: StoredVersion, parts: Parts, by: Seal): Promise<void> {
    const { name, version: number } = version;
    for (const [part, { sha256 }] of parts) {
      const sealing = this.#db.updateTable('blob').set({ seal: by.ofPart({ ...version, part, sha256 }) });
      await sealing.where((blob) => blob.and({ name, version: number, part })).execute();
    }
    void this.#hooks.afterWrite?.();
  }

  /** Throws a DamagedModelError when versions are sealed and this part of one, with this checksum, is not. */
  async #checkSeal({ name, version, part }: PartKey, sha256: string): Promise<void> {
    if (this.#seal === null) return;
    const described = this.#reader
      .selectFrom('blob')
      .innerJoin('model', (join) =>
        join.onRef('model.name', '=', 'blob.name').onRef('model.version', '=', 'blob.version'),
      )
      .select(['model.name', 'model.version', 'digest', 'created_at', 'seal'])
      .where((row) => row.and({ 'blob.name': name, 'blob.version': version, part }));
    const row = await readable(described.executeTakeFirst(), `part '${part}'`);
    if (row !== undefined && this.#seal.isOfPart(row.seal, { ...versionFrom(row), part, sha256 })) return;
    throw new DamagedModelError(`part '${part}' ${row?.seal ? 'does not match its seal' : 'has no seal'}`);
  }

  /** Whether, as far as versions are sealed, all parts of this one are. */
  async #isSealed(transaction: Transaction<Tables>, stored: StoredVersion): Promise<boolean> {
    const seal = this.#seal;
    if (seal === null) return true;
    const { name, version } = stored;
    const parts = transaction.selectFrom('blob').select(['part', 'sha256', 'seal']);
    const rows = await parts.where((blob) => blob.and({ name, version })).execute();
    return rows.every((row) => seal.isOfPart(row.seal, { ...stored, ...row }));
  }

  delete(name: string, version?: number): Promise<readonly number[]> {
    const deleted = this.#transaction(async (transaction) => {
      await lockName(transaction, name);
      const only = version === undefined ? [] : [version];
      const chunks = await transaction
        .selectFrom('chunk')
        .select(['version', 'part', 'position'])
        .where('name', '=', name)
        .$if(only.length > 0, (query) => query.where('version', 'in', only))
        .execute();
      for (const chunk of chunks) {
        await new Promise(setImmediate); // overwriting must not hold the event loop
        await transaction
          .deleteFrom('chunk')
          .where('name', '=', name)
          .where('version', '=', chunk.version)
          .where('part', '=', chunk.part)
          .where('position', '=', chunk.position)
          .execute();
      }
      const versions = await transaction
        .deleteFrom('model')
        .where('name', '=', name)
        .$if(only.length > 0, (query) => query.where('version', 'in', only))
        .returning('version')
        .execute();
      await this.#hooks.announce?.(transaction);
      return versions.map((row) => row.version);
    });
    return deleted.finally(this.#hooks.afterWrite);
  }

  /**
   * A transaction that sees, once it has a name's lock, what the others committed before. On Postgres this has to be asked for,
   * as a database can have another default; SQLite has one writer at a time.
   */
  #transaction<Result>(act: (transaction: Transaction<Tables>) => Promise<Result>): Promise<Result> {
    return this.#db.transaction().setIsolationLevel('read committed').execute(act);
  }

  /** One part with the checksum that its bytes have, or null when its chunks do not add up to them. */
  async #readBytes(key: PartKey, bytes: number, allocate: Allocate): Promise<Part | null> {
    const sum = this.#chunks(key).select((row) => row.fn.sum<number>(sql`length(data)`).as('sizes'));
    const { sizes } = await readable(sum.executeTakeFirstOrThrow(), `part '${key.part}'`);
    if (Number(sizes) !== bytes) return null; // before memory is taken for a length that may be damaged
    const pieces = allocate(key.part, bytes) ?? [];
    const write = pieces.length > 0 ? writerInto(pieces, bytes) : () => undefined;
    const checksum = bytes < THREAD_BYTES ? new Checksum() : new ChecksumThread();
    try {
      for (let position = 0, filled = 0; filled < bytes; position++) {
        await new Promise(setImmediate); // reading and hashing must not hold the event loop
        const next = this.#chunks(key).select('data').where('position', '=', position);
        const chunk = await readable(next.executeTakeFirst(), `part '${key.part}'`);
        if (!(chunk?.data instanceof Uint8Array)) return null; // a damaged page can have values of any type
        write(chunk.data);
        filled += chunk.data.length;
        await checksum.update(chunk.data);
      }
      return { pieces, sha256: await checksum.digest() };
    } finally {
      await checksum.close();
    }
  }

  #chunks({ name, version, part }: PartKey) {
    return this.#reader
      .selectFrom('chunk')
      .where('name', '=', name)
      .where('version', '=', version)
      .where('part', '=', part);
  }
}

interface PartKey {
  readonly name: string;
  readonly version: number;
  readonly part: string;
}

function versionFrom({ name, version, digest, created_at }: ModelTable): StoredVersion {
  return { name, version, digest, createdAt: created_at };
}

/** Codes of a database that has read its pages and found them damaged: Postgres' data and index, and SQLite's. */
const CORRUPT = /^(XX00[12]$|SQLITE_CORRUPT|SQLITE_NOTADB)/;

/** What a query gives. Only what was read and is wrong is damage; permissions, disks and memory can come back. */
async function readable<Result>(query: Promise<Result>, what: string): Promise<Result> {
  return query.catch((cause: unknown) => {
    if (!CORRUPT.test((cause as { code?: string }).code ?? '')) throw cause;
    throw new DamagedModelError(`${what} cannot be read`, { cause });
  });
}

/**
 * Locks the name's row until the transaction ends, and makes it if need be: whoever else inserts or deletes under this
 * name, also another process, waits here and then sees what was done. A transaction begins with this write: SQLite would
 * fail at once if the first statement were a read. The update changes nothing; doing nothing would lock nothing on Postgres.
 */
async function lockName(transaction: Transaction<Tables>, name: string): Promise<void> {
  await transaction
    .insertInto('name')
    .values({ name, last_version: 0 })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((row) => ({ last_version: row.ref('name.last_version') })),
    )
    .execute();
}

async function nextVersion(transaction: Transaction<Tables>, name: string): Promise<number> {
  const { last_version } = await transaction
    .updateTable('name')
    .set((row) => ({ last_version: row('last_version', '+', 1) }))
    .where('name', '=', name)
    .returning('last_version')
    .executeTakeFirstOrThrow();
  return last_version;
}

async function insertPart(
  transaction: Transaction<Tables>,
  key: PartKey,
  { pieces, sha256 }: Part,
  seal: string | null,
): Promise<void> {
  const bytes = bytesIn(pieces);
  await transaction
    .insertInto('blob')
    .values({ ...key, bytes, sha256, seal })
    .execute();
  let position = 0;
  for (const piece of pieces) {
    for (let from = 0; from < piece.length; from += CHUNK_BYTES) {
      await new Promise(setImmediate); // writing must not hold the event loop
      const length = Math.min(CHUNK_BYTES, piece.length - from);
      const data = Buffer.from(piece.buffer, piece.byteOffset + from, length);
      await transaction
        .insertInto('chunk')
        .values({ ...key, position: position++, data })
        .execute();
    }
  }
}

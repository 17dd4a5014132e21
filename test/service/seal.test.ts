import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { describe, expect, it } from 'vitest';
import { newKey } from '../../src/access/new-key.ts';
import { type Part, sha256Hex } from '../../src/store/model-store.ts';
import type { Tables } from '../../src/store/tables.ts';
import { application, LOANS } from '../support/models/loans.ts';
import { call, postJson, runCommand } from '../support/process/process.ts';
import { type Service, startService, temporaryFolder } from '../support/process/service.ts';
import { sqliteDatabase, type TestDatabase } from '../support/stores/databases.ts';
import { NO_POSTGRES, postgresDatabase } from '../support/stores/postgres.ts';

const DERIVED = [
  ...['factor', 'features', 'frequencies', 'means', 'state'],
  ...['ensemble-factors', 'ensemble-features', 'ensemble-frequencies', 'ensemble-means', 'ensemble-rows'],
];
const COLUMN_TYPES = Object.fromEntries(
  Object.entries(LOANS[0]!).flatMap(([name, value]) =>
    name === 'outcome'
      ? []
      : [[name, typeof value === 'string' ? 'category' : typeof value === 'boolean' ? 'boolean' : 'number']],
  ),
);
/** A model that has every kind of derived part. */
const LOANS_MODEL = {
  name: 'm',
  target: 'outcome',
  classes: [...new Set(LOANS.map(({ outcome }) => outcome))].sort(),
  columnTypes: COLUMN_TYPES,
  records: LOANS,
  settings: {
    features: { randomFourier: { components: 12, seed: 3 } },
    partitions: { count: 3, threat: 'rows' },
  },
};
const KEY = { name: 'desk', scopes: ['certify'], models: null, expiresAt: null } as const;

function keyFile(bytes = randomBytes(32)): string {
  const file = join(temporaryFolder(), 'seal.key');
  writeFileSync(file, bytes, { mode: 0o600 });
  return file;
}

/** A store that a test attacks, and how services and commands reach it. */
interface Target {
  readonly base: TestDatabase;
  readonly start: (sealKeyFiles: string[], auth?: boolean) => Promise<Service>;
  readonly command: (script: string, args: string[], keys?: string) => ReturnType<typeof runCommand>;
}

async function sqliteTarget(): Promise<Target> {
  const dataDir = temporaryFolder();
  return {
    base: sqliteDatabase(dataDir),
    start: (sealKeyFiles, auth = false) => startService({ dataDir, config: { sealKeyFiles, auth } }),
    command: (script, args, keys = '') =>
      runCommand(script, args, { SURETY_DATA_DIR: dataDir, SURETY_SEAL_KEY_FILE: keys }),
  };
}

async function postgresTarget(): Promise<Target> {
  const base = postgresDatabase();
  const databaseUrl = await base.url();
  return {
    base,
    start: (sealKeyFiles, auth = false) => startService({ config: { databaseUrl, sealKeyFiles, auth } }),
    command: (script, args, keys = '') =>
      runCommand(script, args, { SURETY_DATABASE_URL: databaseUrl, SURETY_SEAL_KEY_FILE: keys }),
  };
}

/** What the store then has twice: a version whose checksum fits. */
const rewrite = (part: string, change: (data: Buffer) => Buffer) => async (db: Kysely<Tables>) => {
  const own = { name: 'm', version: 1, part };
  const chunks = db
    .selectFrom('chunk')
    .select('data')
    .where((row) => row.and({ ...own, position: 0 }));
  const data = change(Buffer.from((await chunks.executeTakeFirstOrThrow()).data));
  await db
    .updateTable('chunk')
    .set({ data })
    .where((row) => row.and(own))
    .execute();
  const described = { sha256: sha256Hex(data), bytes: data.length };
  await db
    .updateTable('blob')
    .set(described)
    .where((row) => row.and(own))
    .execute();
};

/** Another value that is as good a part as the one before. */
function another(data: Buffer): Buffer {
  if (data[0] === 0x7b) return Buffer.from(data.toString().replace(/"lambda":[\d.e+-]+/, '"lambda":0.001'));
  data.writeUInt8(data.readUInt8(1) ^ 1, 1);
  return data;
}

const damagedIn = async (service: Service) =>
  JSON.parse((await call(service.url, 'GET', '/readyz')).text).damaged;

const TARGETS = [
  { database: 'SQLite', target: sqliteTarget, skipped: null },
  { database: 'Postgres', target: postgresTarget, skipped: NO_POSTGRES },
];

describe.each(TARGETS)('a sealed store on $database', ({ target, skipped }) => {
  it.skipIf(skipped)(
    'serves no derived part that was rewritten with its checksum, and names it',
    {
      timeout: 60_000,
    },
    async () => {
      const { base, start, command } = await target();
      const key = keyFile();
      const first = await start([key]);
      expect((await postJson(first.url, '/models', LOANS_MODEL)).status).toBe(201);
      await first.stop();
      const parts = await base.behind((db) => db.selectFrom('blob').select('part').execute());
      expect(parts.map(({ part }) => part).sort()).toEqual(
        [...DERIVED, 'labels', 'manifest', 'table'].sort(),
      );
      expect((await command('src/backup.ts', ['verify'], key)).stdout).toMatch(
        /^m 1 sha256:\w+ checksums and digest; sealed\n$/,
      );
      for (const part of DERIVED) {
        const before = await base.behind((db) => saved(db, part));
        await base.behind(rewrite(part, another));
        const service = await start([key]);
        const reason = `part '${part}' does not match its seal`;
        expect(await damagedIn(service)).toEqual([{ name: 'm', version: 1, reason }]);
        const body = { model: 'm', instances: [application(0)] };
        expect((await postJson(service.url, '/certify', body)).status).toBe(503);
        await service.stop();
        const refit = await command('src/backup.ts', ['verify', '--refit']);
        expect([refit.code, refit.stdout], part).toEqual([
          1,
          expect.stringContaining(`DAMAGED: part '${part}' is not what a fit to the stored data gives`),
        ]);
        await base.behind((db) => restored(db, part, before));
      }
      const sound = await command('src/backup.ts', ['verify', '--refit'], key);
      expect(sound).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/ checksums and digest, and all that is derived; sealed\n$/),
      });
    },
  );

  it.skipIf(skipped)(
    'serves no version whose seal is gone, whose row was changed, or that is another one',
    async () => {
      const { base, start } = await target();
      const key = keyFile();
      const first = await start([key]);
      for (const name of ['a', 'b', 'c', 'd', 'intact'])
        expect((await postJson(first.url, '/models', { ...LOANS_MODEL, name, settings: {} })).status).toBe(
          201,
        );
      await first.stop();
      await base.behind(async (db) => {
        await db
          .updateTable('blob')
          .set({ seal: null })
          .where((row) => row.and({ name: 'a', part: 'factor' }))
          .execute();
        await db
          .updateTable('model')
          .set({ created_at: '2020-01-01T00:00:00.000Z' })
          .where('name', '=', 'b')
          .execute();
        for (const table of ['chunk', 'blob', 'model'] as const)
          await db.updateTable(table).set({ version: 2 }).where('name', '=', 'c').execute();
        const seal = db
          .selectFrom('blob')
          .select('seal')
          .where((row) => row.and({ name: 'intact', part: 'means' }));
        await db
          .updateTable('blob')
          .set(await seal.executeTakeFirstOrThrow())
          .where((row) => row.and({ name: 'd', part: 'means' }))
          .execute();
      });
      const service = await start([key]);
      expect(await damagedIn(service)).toEqual([
        { name: 'a', version: 1, reason: "part 'factor' has no seal" },
        { name: 'b', version: 1, reason: "part 'manifest' does not match its seal" },
        { name: 'c', version: 2, reason: "part 'manifest' does not match its seal" },
        { name: 'd', version: 1, reason: "part 'means' does not match its seal" },
      ]);
      expect(
        (await postJson(service.url, '/certify', { model: 'intact', instances: [application(0)] })).status,
      ).toBe(200);
    },
  );

  it.skipIf(skipped)(
    'takes a content anew where somebody without the key has put a version of it',
    async () => {
      const { base, start } = await target();
      const service = await start([keyFile()]);
      const { digest } = JSON.parse(
        (await postJson(service.url, '/models', { ...LOANS_MODEL, name: 'seen' })).text,
      );
      await base.behind(async (db) => {
        await db.insertInto('name').values({ name: 'm', last_version: 1 }).execute();
        await db.insertInto('model').values({ name: 'm', version: 1, digest, created_at: 'x' }).execute();
        const parts = { name: 'm', version: 1, part: 'manifest', bytes: 0, sha256: '', seal: null };
        await db.insertInto('blob').values(parts).execute();
      });
      const { status, text } = await postJson(service.url, '/models', LOANS_MODEL);
      expect([status, JSON.parse(text).version]).toEqual([201, 2]);
    },
  );

  it.skipIf(skipped)(
    'believes no API key that was made, widened or brought back without the seal key',
    async () => {
      const { base, start, command } = await target();
      const file = keyFile();
      const first = await start([file], true);
      const [good, wide, back] = await Promise.all([1, 2, 3].map(() => first.app.keys.create(KEY)));
      await first.app.keys.revoke(back!.info.id);
      await first.stop();
      const { key: own, stored } = newKey({ ...KEY, scopes: ['admin'] });
      await base.behind(async (db) => {
        const { id, name, sha256, createdAt } = stored;
        const times = { created_at: createdAt, expires_at: null, revoked_at: null };
        await db
          .insertInto('access_key')
          .values({ id, name, sha256, scopes: 'admin', models: null, ...times, seal: null })
          .execute();
        await db.updateTable('access_key').set({ scopes: 'admin' }).where('id', '=', wide!.info.id).execute();
        await db
          .updateTable('access_key')
          .set({ revoked_at: null })
          .where('id', '=', back!.info.id)
          .execute();
      });
      const service = await start([file], true);
      const status = async (key: string) =>
        (await call(service.url, 'GET', '/keys', { headers: { authorization: `Bearer ${key}` } })).status;
      expect([
        await status(good!.key),
        await status(wide!.key),
        await status(back!.key),
        await status(own),
      ]).toEqual([403, 401, 401, 401]);
      const { stdout } = await command('src/keys.ts', ['list'], file);
      expect(stdout.match(/NOT SEALED, refused/g)).toHaveLength(3);
      const refused = await command('src/backup.ts', ['verify'], file);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(wide!.info.id)]);
      expect((await command('src/keys.ts', ['seal', stored.id], file)).code).toBe(0);
      await service.app.keys.load();
      expect(await status(own)).toBe(200);
    },
  );

  it.skipIf(skipped)('is sealed after a refit, and anew with another key', async () => {
    const { base, start, command } = await target();
    const before = await start([]);
    for (const name of ['m', 'n']) await postJson(before.url, '/models', { ...LOANS_MODEL, name });
    const { key } = await before.app.keys.create(KEY);
    await before.stop();
    await base.behind(rewrite('factor', another));
    const [old, fresh] = [keyFile(), keyFile()];
    const sealed = await command('src/backup.ts', ['verify', '--refit', '--seal'], old);
    expect(sealed.code).toBe(1);
    expect(sealed.stdout).toMatch(
      /^m 1 \S+ DAMAGED: part 'factor' .*\nn 1 \S+ .*all that is derived; sealed now\n$/,
    );
    const id = key.split('_')[1]!;
    await command('src/keys.ts', ['seal', id], old);
    expect(await damagedIn(await start([old]))).toMatchObject([{ name: 'm' }]);
    const both = await command('src/backup.ts', ['verify', '--seal'], `${fresh},${old}`);
    expect(both.stdout).toMatch(/^m 1 \S+ DAMAGED.*\nn 1 \S+ checksums and digest; sealed now\n$/);
    const service = await start([fresh], true);
    expect(await damagedIn(service)).toMatchObject([{ name: 'm' }]);
    expect(service.app.keys.callerOf(key)).not.toBeNull();
    expect(await damagedIn(await start([old]))).toHaveLength(2);
  });
});

type Saved = Pick<Part, 'sha256'> & { readonly bytes: number; readonly data: Uint8Array };

async function saved(db: Kysely<Tables>, part: string): Promise<Saved> {
  const blob = db
    .selectFrom('blob')
    .select(['sha256', 'bytes'])
    .where((row) => row.and({ name: 'm', part }));
  const chunk = db
    .selectFrom('chunk')
    .select('data')
    .where((row) => row.and({ name: 'm', part }));
  return { ...(await blob.executeTakeFirstOrThrow()), ...(await chunk.executeTakeFirstOrThrow()) };
}

async function restored(db: Kysely<Tables>, part: string, { data, ...blob }: Saved): Promise<void> {
  await db
    .updateTable('chunk')
    .set({ data: Buffer.from(data) })
    .where((row) => row.and({ name: 'm', part }))
    .execute();
  await db
    .updateTable('blob')
    .set(blob)
    .where((row) => row.and({ name: 'm', part }))
    .execute();
}

describe('the file of the seal key', () => {
  it('has 32 bytes at least, is not in the data folder, and should be for nobody else', async () => {
    const dataDir = temporaryFolder();
    const start = (file: string) =>
      runCommand('src/keys.ts', ['list'], { SURETY_DATA_DIR: dataDir, SURETY_SEAL_KEY_FILE: file });
    const inside = join(dataDir, 'seal.key');
    writeFileSync(inside, randomBytes(32));
    expect((await start(inside)).stderr).toContain(`SURETY_SEAL_KEY_FILE: ${inside} is in the data folder`);
    expect((await start(keyFile(randomBytes(31)))).stderr).toContain('expected at least 32 bytes, got 31');
    expect((await start('/nowhere')).stderr).toContain('SURETY_SEAL_KEY_FILE: ENOENT');
    const open = keyFile();
    chmodSync(open, 0o604);
    const lines: string[] = [];
    const log = { write: (line: string) => void lines.push(line) };
    await startService({ config: { sealKeyFiles: [open] }, log });
    expect(lines.join('')).toContain('the seal key may be read or written by every user');
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DamagedModelError } from '../../../src/store/model-store.ts';
import { lockFolder } from '../../../src/store/sqlite/lock-folder.ts';
import { openSqlite } from '../../../src/store/sqlite/open-sqlite.ts';
import { checksums, partOfBytes, sqliteDatabase } from '../../support/stores/databases.ts';
import { dataFolder } from '../../support/stores/folder.ts';
import { behind, databaseOf, overwrite } from '../../support/stores/stored-files.ts';

const MARKER = 'the income of Mrs Zq7x';
const model = {
  name: 'm',
  digest: 'd',
  createdAt: '2026-08-01T12:00:00.000Z',
  parts: new Map([['labels', partOfBytes(Buffer.from(MARKER.repeat(100)))]]),
};

/** Opens the store and gives its own connection, as the pragmas belong to a connection. */
function connectionOf(folder: string): Database.Database {
  const pragma = vi.spyOn(Database.prototype, 'pragma');
  const store = openSqlite(folder);
  onTestFinished(() => store.close());
  const connection = pragma.mock.contexts[0] as Database.Database;
  pragma.mockRestore();
  return connection;
}

const onDisk = (folder: string) =>
  readdirSync(folder).filter((file) => readFileSync(join(folder, file)).includes(MARKER));

describe('the embedded store', () => {
  it('has its pragmas in force', async () => {
    const connection = connectionOf(dataFolder());
    const inForce = (name: string) => connection.pragma(name, { simple: true });
    expect(inForce('journal_mode')).toBe('wal');
    expect(inForce('synchronous')).toBe(2); // FULL
    expect(inForce('foreign_keys')).toBe(1);
    expect(inForce('secure_delete')).toBe(1);
    expect(inForce('busy_timeout')).toBe(1000);
    expect(inForce('journal_size_limit')).toBe(64 * 2 ** 20);
    expect(inForce('wal_autocheckpoint')).toBe(0); // which would hold the event loop
  });

  it('makes its folder, and the folders above', async () => {
    const folder = join(dataFolder(), 'a', 'b');
    await sqliteDatabase(folder).open();
    expect(readdirSync(folder)).toContain('surety.sqlite');
    expect(statSync(folder).mode & 0o777).toBe(0o700); // nobody else reads what is in it
  });

  it('refuses a folder that cannot be made', () => {
    const folder = dataFolder();
    openSqlite(folder).close();
    expect(() => openSqlite(join(folder, 'surety.sqlite'))).toThrow();
  });

  it('refuses a file that is no database, and leaves it alone', async () => {
    const folder = dataFolder();
    const file = join(folder, 'surety.sqlite');
    writeFileSync(file, 'x'.repeat(5000));
    await expect((async () => openSqlite(folder).migrate())()).rejects.toThrow('not a database');
    expect(readFileSync(file, 'utf8')).toBe('x'.repeat(5000));
  });

  it('refuses a database that a later build has brought up to date', async () => {
    const folder = dataFolder();
    const store = openSqlite(folder);
    await store.migrate();
    await store.close();
    const database = new Database(join(folder, 'surety.sqlite'));
    database.prepare('insert into kysely_migration values (?, ?)').run('9999-later', '2030-01-01');
    database.close();
    const later = openSqlite(folder);
    onTestFinished(() => later.close());
    await expect(later.migrate()).rejects.toThrow('previously executed migration 9999-later is missing');
  });

  it('takes a part for damaged that its pages do not give', async () => {
    const folder = dataFolder();
    const store = await sqliteDatabase(folder).openStore();
    await store.models.insert(model, () => true);
    await store.close();
    const root = behind(databaseOf(folder), (database) =>
      Number(database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'chunk'").pluck().get()),
    );
    overwrite(databaseOf(folder), (root - 1) * 4096, Buffer.alloc(4096, 'x'));
    const again = await sqliteDatabase(folder).open();
    await expect(again.readPart('m', 1, 'labels')).rejects.toThrow(
      new DamagedModelError("part 'labels' cannot be read"),
    );
  });

  it('waits for another program that holds the lock for a moment, to insert and to delete', async () => {
    const folder = dataFolder();
    const store = await sqliteDatabase(folder).open();
    const holdLock = async () => {
      const script = `
        const Database = require('better-sqlite3');
        const database = new Database(process.argv[1]);
        database.exec('BEGIN IMMEDIATE');
        process.stdout.write('held');
        setTimeout(() => database.exec('COMMIT'), 300);`;
      const other = spawn(process.execPath, ['-e', script, join(folder, 'surety.sqlite')]);
      await once(other.stdout, 'data');
    };
    await holdLock();
    expect(await store.insert(model, () => true)).toMatchObject({ version: 1, created: true });
    await holdLock();
    await store.delete('m', 1);
    expect(await store.list()).toEqual([]);
  });

  it('has a version on disk before insert resolves: another connection sees it', async () => {
    const folder = dataFolder();
    const store = await sqliteDatabase(folder).open();
    await store.insert(model, () => true);
    const other = await sqliteDatabase(folder).open();
    expect(await other.list()).toHaveLength(1);
    expect(checksums(await other.read('m', 1))).toEqual(checksums(model.parts));
  });

  it('is readable for this user alone, whatever the umask, the folder, and the rights of what is there', async () => {
    const folder = dataFolder();
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const rights = () => readdirSync(folder).map((file) => statSync(join(folder, file)).mode & 0o777);
    for (let round = 0; round < 2; round++) {
      const unlock = lockFolder(folder);
      const store = openSqlite(folder);
      await store.migrate();
      await store.models.insert({ ...model, digest: String(round) }, () => true);
      expect(readdirSync(folder).length).toBeGreaterThan(2); // its log, and the lock
      expect(new Set(rights())).toEqual(new Set([0o600]));
      await store.close();
      unlock();
      for (const file of readdirSync(folder)) chmodSync(join(folder, file), 0o666);
    }
  });

  it('keeps nothing of a deleted model in its files once it is closed', async () => {
    const folder = dataFolder();
    const store = await sqliteDatabase(folder).openStore();
    await store.models.insert(model, () => true);
    expect(onDisk(folder)).not.toEqual([]);
    await store.models.delete('m');
    await store.close();
    expect(readdirSync(folder)).toEqual(['surety.sqlite']);
    expect(onDisk(folder)).toEqual([]);
  });

  it('has a large model in its database and nothing in its log, and of a deleted one nothing in either', async () => {
    const folder = dataFolder();
    const store = await sqliteDatabase(folder).open();
    const large = { ...model, parts: new Map([['labels', partOfBytes(Buffer.alloc(2 ** 25, MARKER))]]) };
    const logBytes = () => statSync(join(folder, 'surety.sqlite-wal')).size;
    await store.insert(large, () => true);
    expect([onDisk(folder), logBytes()]).toEqual([['surety.sqlite'], 0]);
    await store.delete('m');
    expect([onDisk(folder), logBytes()]).toEqual([[], 0]);
  });

  it('leaves nothing of a deleted model in any of its files', async () => {
    const folder = dataFolder();
    const store = await sqliteDatabase(folder).open();
    await store.insert(model, () => true);
    expect(onDisk(folder)).not.toEqual([]);
    await store.delete('m');
    expect(onDisk(folder)).toEqual([]);
  });
});

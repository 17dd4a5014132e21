import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { KeyRing } from '../../src/access/key-ring.ts';
import { newKey } from '../../src/access/new-key.ts';
import { SCOPES } from '../../src/caller.ts';
import type { KeyStore } from '../../src/store/key-store.ts';
import { StoreUnavailableError } from '../../src/store/store.ts';
import { fieldsOf, looseKey } from '../support/process/keys.ts';
import { until } from '../support/process/process.ts';
import { sqliteDatabase } from '../support/stores/databases.ts';

interface Line {
  readonly level: number;
  readonly msg: string;
}

/** A ring on a store, which it has read, and what it has logged. */
async function openRing(store: KeyStore) {
  const lines: Line[] = [];
  const ring = new KeyRing(store, pino({}, { write: (line: string) => lines.push(JSON.parse(line)) }));
  onTestFinished(() => ring.close());
  await ring.load();
  return { ring, lines };
}

async function openStore() {
  return (await sqliteDatabase().openStore()).keys;
}

/** The same store with other methods. */
const storeWith = (store: KeyStore, replaced: Partial<KeyStore>): KeyStore => ({
  list: () => store.list(),
  state: () => store.state(),
  insert: (key) => store.insert(key),
  revoke: (id, at) => store.revoke(id, at),
  ...replaced,
});

describe('a key ring', () => {
  it('knows whose key it is', async () => {
    const { ring } = await openRing(await openStore());
    const fields = fieldsOf({ scopes: ['certify', 'read'], models: ['loans'] });
    const { key, info } = await ring.create(fields);
    expect(key).toMatch(/^surety_[0-9a-f]{16}_[\w-]{43}$/);
    expect(ring.callerOf(key)).toEqual({
      id: `key:${info.id}`,
      scopes: ['certify', 'read'],
      models: ['loans'],
    });
  });

  it('knows no other key, however alike', async () => {
    const { ring } = await openRing(await openStore());
    const { key } = await ring.create(fieldsOf());
    const { key: other } = await ring.create(fieldsOf());
    const swapped = key.slice(0, 24) + other.slice(24);
    const last = key.at(-1) === 'A' ? 'B' : 'A';
    const wrong = [
      ...[swapped, looseKey().key, key.slice(0, -1) + last, `${key}A`, key.slice(0, -1), key.slice(7)],
      ...[key.toUpperCase(), `${key}\n`, ` ${key}`, 'surety_', '', 'surety__proto___', `surety_${key}`],
    ];
    for (const text of wrong) expect(ring.callerOf(text), text).toBeNull();
  });

  it('stores the SHA-256 of a key and nothing else of its secret', async () => {
    const database = sqliteDatabase();
    const { ring } = await openRing((await database.openStore()).keys);
    const { key, info } = await ring.create(fieldsOf());
    const [row] = await database.behind((db) => db.selectFrom('access_key').selectAll().execute());
    expect(row).toMatchObject({ id: info.id, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    for (const text of [JSON.stringify(row), JSON.stringify(await ring.list())])
      expect(text).not.toContain(key.slice(24, 34));
    expect(await ring.list()).toEqual([info]);
    expect(info).not.toHaveProperty('sha256');
  });

  it('refuses a key from the millisecond of its expiry on', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { ring } = await openRing(await openStore());
    const { key } = await ring.create(fieldsOf({ expiresAt: new Date(Date.now() + 60_000).toISOString() }));
    vi.setSystemTime(Date.now() + 59_999);
    expect([ring.callerOf(key)?.scopes.length, ring.hasNoUsableKey]).toEqual([SCOPES.length, false]);
    vi.setSystemTime(Date.now() + 1);
    expect([ring.callerOf(key), ring.hasNoUsableKey]).toEqual([null, true]);
  });

  it('refuses a key whose expiry in the store is no time', async () => {
    const store = await openStore();
    const { key, stored } = looseKey({ expiresAt: 'soon' });
    await store.insert(stored);
    expect((await openRing(store)).ring.callerOf(key)).toBeNull();
  });

  it('gives no scope that it does not know, and not admin where models are limited', async () => {
    const store = await openStore();
    const { key, stored } = newKey(fieldsOf({ models: ['loans'] }));
    await store.insert({ ...stored, scopes: ['admin', 'root', 'read'] });
    expect((await openRing(store)).ring.callerOf(key)?.scopes).toEqual(['read']);
  });

  it('revokes at once, again without effect, and says when there is no such key', async () => {
    const { ring } = await openRing(await openStore());
    const { key, info } = await ring.create(fieldsOf());
    await ring.revoke(info.id);
    expect([ring.callerOf(key), ring.hasNoUsableKey]).toEqual([null, true]);
    await ring.revoke(info.id);
    await expect(ring.revoke('unknown')).rejects.toMatchObject({ code: 'key_not_found' });
    expect(await ring.list()).toEqual([{ ...info, revokedAt: expect.any(String) }]);
  });

  it('follows within two seconds what others do to the store', async () => {
    const database = sqliteDatabase();
    const { ring } = await openRing((await database.openStore()).keys);
    const others = (await database.openStore()).keys;
    const { key, stored } = looseKey();
    await others.insert(stored);
    await until(() => ring.callerOf(key) !== null, 'known', 2000);
    await others.revoke(stored.id, new Date().toISOString());
    await until(() => ring.callerOf(key) === null, 'refused', 2000);
  });

  it('reads the keys again only when they have changed', async () => {
    const database = sqliteDatabase();
    const store = (await database.openStore()).keys;
    let read = 0;
    const { ring } = await openRing(
      storeWith(store, {
        list: () => {
          read++;
          return store.list();
        },
      }),
    );
    await sleep(2100);
    expect(read).toBe(1);
    const { key, stored } = looseKey();
    await (await database.openStore()).keys.insert(stored);
    await until(() => ring.callerOf(key) !== null, 'known', 2000);
    expect(read).toBe(2);
  });

  it('no longer knows a key that the store has lost', async () => {
    const database = sqliteDatabase();
    const { ring } = await openRing((await database.openStore()).keys);
    const { key } = await ring.create(fieldsOf());
    await database.behind((db) => db.deleteFrom('access_key').execute()); // as before, and as it was read
    await until(() => ring.callerOf(key) === null, 'refused', 2000);
  });

  it('is not turned back by what was read before a change', async () => {
    const store = await openStore();
    let late: Promise<unknown> | undefined;
    const slow = storeWith(store, {
      list: async () => {
        const stored = await store.list();
        await late;
        return stored;
      },
    });
    const { ring } = await openRing(slow);
    const { key, info } = await ring.create(fieldsOf());
    const gate = Promise.withResolvers<void>();
    late = gate.promise;
    await sleep(1100); // a reading has begun, and waits
    await ring.revoke(info.id);
    const { key: second } = await ring.create(fieldsOf());
    gate.resolve();
    await sleep(50);
    expect([ring.callerOf(key), ring.callerOf(second)?.id]).toEqual([null, expect.any(String)]);
  });

  it('goes on with the keys it has while the store fails, and says so once', async () => {
    const store = await openStore();
    let failing = false;
    const failure = new Error('the connection is lost');
    const { ring, lines } = await openRing(
      storeWith(store, { state: () => (failing ? Promise.reject(failure) : store.state()) }),
    );
    const { key } = await ring.create(fieldsOf());
    failing = true;
    await sleep(2300);
    expect(ring.callerOf(key)).not.toBeNull();
    expect(lines).toEqual([expect.objectContaining({ level: 50, msg: 'the API keys cannot be read' })]);
    failing = false;
    await until(() => lines.length > 1, 'over', 2000);
    expect(lines[1]).toMatchObject({ level: 30, msg: 'the API keys can be read again' });
  });

  it('says of a change whether it is known that nothing was changed', async () => {
    const store = await openStore();
    const failing = (error: Error) =>
      storeWith(store, { insert: () => Promise.reject(error), revoke: () => Promise.reject(error) });
    for (const [error, key, revocation] of [
      [new Error('disk full'), /did not take the key/, /did not take the revocation/],
      [
        new StoreUnavailableError('gone'),
        /not known whether it has the key/,
        /not known whether the key is revoked/,
      ],
    ] as const) {
      const { ring } = await openRing(failing(error));
      await expect(ring.create(fieldsOf())).rejects.toMatchObject({ code: 'store_failed', message: key });
      await expect(ring.revoke('0'.repeat(16))).rejects.toMatchObject({ message: revocation });
    }
  });

  it('asks to wait until it has read the keys, and reads them once the store answers', async () => {
    const store = await openStore();
    let failing = true;
    const { key, stored } = looseKey();
    await store.insert(stored);
    const { ring } = await openRing(
      storeWith(store, { list: () => (failing ? Promise.reject(new Error('not yet')) : store.list()) }),
    );
    expect(() => ring.callerOf(key)).toThrow(expect.objectContaining({ code: 'access_unavailable' }));
    failing = false;
    await sleep(1100);
    expect(ring.callerOf(key)).not.toBeNull();
  });

  it('makes and revokes nothing when the store does not take it', async () => {
    const store = await openStore();
    const lost = () => Promise.reject(new Error('disk full'));
    const { ring } = await openRing(
      storeWith(store, { insert: lost, revoke: lost, list: () => store.list() }),
    );
    for (const change of [ring.create(fieldsOf()), ring.revoke('0000000000000000')])
      await expect(change).rejects.toMatchObject({ code: 'store_failed', status: 503 });
    expect(ring.hasNoUsableKey).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import type { StoredKey } from '../../../src/store/key-store.ts';
import { noisePart, partsOf, type TestDatabase } from './databases.ts';

const KEY: StoredKey = {
  id: '0000000000000001',
  name: 'loan desk — «Ж»',
  sha256: 'ab'.repeat(32),
  scopes: ['certify', 'read'],
  models: ['loans', 'cards-2.1_x'],
  createdAt: '2026-08-01T12:00:00.000Z',
  expiresAt: '2027-08-01T12:00:00.000Z',
  revokedAt: null,
};
const UNLIMITED: StoredKey = { ...KEY, id: '0000000000000002', models: null, expiresAt: null };
const REVOKED = '2026-09-01T00:00:00.000Z';

/** What every key store promises, whatever its database. */
export function keyStoreSuite(database: string, create: () => TestDatabase): void {
  const open = async () => (await create().openStore()).keys;

  describe(`a key store on ${database}`, () => {
    it('is empty at first', async () => {
      expect(await (await open()).list()).toEqual([]);
    });

    it('gives back every field, with and without a limit and an expiry, by the time of creation', async () => {
      const keys = await open();
      const earlier = { ...UNLIMITED, id: 'f000000000000000', createdAt: '2026-07-01T12:00:00.000Z' };
      for (const key of [UNLIMITED, KEY, earlier]) await keys.insert(key);
      expect(await keys.list()).toEqual([earlier, KEY, UNLIMITED]);
    });

    it('refuses a second key of the same id', async () => {
      const keys = await open();
      await keys.insert(KEY);
      await expect(keys.insert({ ...UNLIMITED, id: KEY.id })).rejects.toThrow();
      expect(await keys.list()).toEqual([KEY]);
    });

    it('revokes one key, once, and says whether it is there', async () => {
      const keys = await open();
      for (const key of [KEY, UNLIMITED]) await keys.insert(key);
      expect(await keys.revoke(KEY.id, REVOKED)).toBe(true);
      expect(await keys.revoke(KEY.id, '2026-10-01T00:00:00.000Z')).toBe(true);
      expect(await keys.revoke('0000000000000003', REVOKED)).toBe(false);
      expect(await keys.list()).toEqual([{ ...KEY, revokedAt: REVOKED }, UNLIMITED]);
    });

    it('is in another state after each key that is made or revoked, and after nothing else', async () => {
      const keys = await open();
      const states = [await keys.state()];
      const stays = async () => expect(await keys.state()).toBe(states.at(-1));
      for (const change of [
        () => keys.insert(KEY),
        () => keys.insert({ ...UNLIMITED, revokedAt: REVOKED }),
        () => keys.revoke(KEY.id, REVOKED),
      ]) {
        await change();
        states.push(await keys.state());
        await keys.list();
        await stays();
      }
      await keys.revoke(KEY.id, REVOKED);
      await keys.revoke('0000000000000003', REVOKED);
      await stays();
      expect(new Set(states).size).toBe(4);
    });

    it('is in another state where it has as many keys, and as many revoked, as before, but others', async () => {
      const base = create();
      const { keys } = await base.openStore();
      for (const key of [KEY, UNLIMITED]) await keys.insert(key);
      await keys.revoke(KEY.id, REVOKED);
      const states = [await keys.state()];
      const change = base.behind((db) => db.updateTable('access_key').set({ revoked_at: null }).execute());
      await change; // as a copy of the database would be that was behind
      await keys.revoke(UNLIMITED.id, REVOKED);
      states.push(await keys.state());
      await base.behind((db) => db.deleteFrom('access_key').where('id', '=', KEY.id).execute());
      await keys.insert({ ...KEY, id: '0000000000000003' });
      states.push(await keys.state());
      expect(new Set(states).size).toBe(3);
    });

    it('shows others what one has written', async () => {
      const base = create();
      const [one, other] = [(await base.openStore()).keys, (await base.openStore()).keys];
      await one.insert(KEY);
      expect(await other.list()).toEqual([KEY]);
      await other.revoke(KEY.id, REVOKED);
      expect((await one.list())[0]!.revokedAt).toBe(REVOKED);
    });

    it('lists keys while a model is being stored', async () => {
      const store = await create().openStore();
      await store.keys.insert(KEY);
      const parts = partsOf({ features: noisePart(2 ** 23) });
      const order: string[] = [];
      const model = { name: 'm', digest: 'd', createdAt: KEY.createdAt, parts };
      const stored = store.models.insert(model, () => true).then(() => order.push('stored'));
      await new Promise(setImmediate); // the transaction has begun
      expect(await store.keys.state()).not.toBe('');
      expect(await store.keys.list()).toEqual([KEY]);
      order.push('listed');
      await stored;
      expect(order).toEqual(['listed', 'stored']);
    });

    it('keeps keys where it is closed and opened again', async () => {
      const base = create();
      const store = await base.openStore();
      await store.keys.insert(KEY);
      await store.close();
      expect(await (await base.openStore()).keys.list()).toEqual([KEY]);
    });
  });
}

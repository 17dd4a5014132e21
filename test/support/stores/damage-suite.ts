import type { Kysely, Updateable } from 'kysely';
import { describe, expect, it } from 'vitest';
import { CHUNK_BYTES } from '../../../src/store/kysely-model-store.ts';
import { DamagedModelError } from '../../../src/store/model-store.ts';
import type { BlobTable, Tables } from '../../../src/store/tables.ts';
import { checksums, noisePart, partsOf, type TestDatabase } from './databases.ts';

const PARTS = partsOf({ labels: noisePart(40, 1), features: noisePart(2.5 * CHUNK_BYTES, 2) });
const SOUND = partsOf({ labels: noisePart(40, 3), features: noisePart(50, 4) });

type Damage = (db: Kysely<Tables>) => Promise<unknown>;

const remove =
  (part: string, position: number): Damage =>
  (db) =>
    db
      .deleteFrom('chunk')
      .where((row) => row.and({ name: 'm', part, position }))
      .execute();
const add =
  (part: string, position: number, data: Uint8Array): Damage =>
  (db) =>
    db.insertInto('chunk').values({ name: 'm', version: 1, part, position, data }).execute();
const rewrite =
  (position: number, change: (data: Buffer) => Uint8Array): Damage =>
  async (db) => {
    const own = { name: 'm', part: 'features', position };
    const chunks = db
      .selectFrom('chunk')
      .select('data')
      .where((row) => row.and(own));
    const { data } = await chunks.executeTakeFirstOrThrow();
    const update = db.updateTable('chunk').set({ data: Buffer.from(change(Buffer.from(data))) });
    await update.where((row) => row.and(own)).execute();
  };
const move =
  (from: number, to: number): Damage =>
  (db) => {
    const own = { name: 'm', part: 'features', position: from };
    return db
      .updateTable('chunk')
      .set({ position: to })
      .where((row) => row.and(own))
      .execute();
  };
const describeAs =
  (part: string, blob: Updateable<BlobTable>): Damage =>
  (db) =>
    db
      .updateTable('blob')
      .set(blob)
      .where((row) => row.and({ name: 'm', part }))
      .execute();
const flip = (at: number) => (data: Buffer) => {
  data[at] = data[at]! ^ 1;
  return data;
};

const DAMAGES: { what: string; damage: Damage }[] = [
  { what: 'a bit of the first chunk', damage: rewrite(0, flip(0)) },
  { what: 'a bit in the middle', damage: rewrite(1, flip(1000)) },
  { what: 'the last bit', damage: rewrite(2, flip(CHUNK_BYTES / 2 - 1)) },
  { what: 'a chunk that is cut off', damage: rewrite(2, (data) => data.subarray(0, -1)) },
  { what: 'a chunk that is too long', damage: rewrite(2, (data) => Buffer.concat([data, data])) },
  { what: 'an empty chunk', damage: rewrite(1, () => Buffer.alloc(0)) },
  { what: 'a missing first chunk', damage: remove('features', 0) },
  { what: 'a missing chunk in the middle', damage: remove('features', 1) },
  { what: 'a missing last chunk', damage: remove('features', 2) },
  { what: 'a missing only chunk', damage: remove('labels', 0) },
  { what: 'an extra chunk', damage: add('labels', 1, Buffer.from([1])) },
  {
    what: 'two chunks that changed places',
    damage: async (db) => {
      for (const step of [move(0, 9), move(1, 0), move(9, 1)]) await step(db);
    },
  },
  { what: 'a length that is too large', damage: describeAs('features', { bytes: 2.5 * CHUNK_BYTES + 1 }) },
  { what: 'a length that is too small', damage: describeAs('features', { bytes: 2.5 * CHUNK_BYTES - 1 }) },
  { what: 'a length of 0', damage: describeAs('labels', { bytes: 0 }) },
  { what: 'another checksum', damage: describeAs('labels', { sha256: '0'.repeat(64) }) },
  { what: 'a part under another name', damage: describeAs('labels', { part: 'other' }) },
];

async function stored(base: TestDatabase) {
  const store = await base.open();
  const model = { digest: 'd', createdAt: '2026-08-01T12:00:00.000Z', parts: PARTS };
  await store.insert({ name: 'm', ...model }, () => true);
  await store.insert({ name: 'sound', ...model, parts: SOUND }, () => true);
  return store;
}

/** What a store finds out about bytes that are not those that were written. */
export function damageSuite(database: string, create: () => TestDatabase): void {
  describe(`a damaged model on ${database}`, () => {
    it.each(DAMAGES)('is not read with $what', async ({ damage }) => {
      const base = create();
      const store = await stored(base);
      await base.behind(damage);
      await expect(store.read('m', 1)).rejects.toBeInstanceOf(DamagedModelError);
      const alone = await Promise.allSettled([...PARTS.keys()].map((part) => store.readPart('m', 1, part)));
      expect(alone.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(checksums(await store.read('sound', 1))).toEqual(checksums(SOUND));
    });

    it('is not read with a length that no part can have', async () => {
      const base = create();
      const store = await stored(base);
      for (const bytes of [-1, 2 ** 40]) {
        await base.behind(describeAs('labels', { bytes }));
        await expect(store.read('m', 1)).rejects.toBeInstanceOf(DamagedModelError);
      }
    });

    it('lacks the part whose row is gone, which modelFromParts notices', async () => {
      const base = create();
      const store = await stored(base);
      await base.behind((db) =>
        db
          .deleteFrom('blob')
          .where((row) => row.and({ name: 'm', part: 'labels' }))
          .execute(),
      );
      expect([...(await store.read('m', 1)).keys()]).toEqual(['features']);
    });
  });
}

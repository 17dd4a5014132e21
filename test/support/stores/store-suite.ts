import { describe, expect, it } from 'vitest';
import { CHUNK_BYTES } from '../../../src/store/kysely-model-store.ts';
import { bytesOf, DamagedModelError, type ModelStore, type Parts } from '../../../src/store/model-store.ts';
import { checksums, noisePart, partsOf, type TestDatabase } from './databases.ts';

const always = () => true;
const never = () => false;
const CREATED = '2026-08-01T12:00:00.000Z';

const small = (seed: number): Parts => partsOf({ labels: noisePart(40, seed) });
const put = (
  store: ModelStore,
  name: string,
  digest: string,
  isUsable: (version: number) => boolean = always,
) => store.insert({ name, digest, createdAt: CREATED, parts: small(digest.length) }, isUsable);

/** What every model store promises, whatever its database. */
export function modelStoreSuite(database: string, create: () => TestDatabase): void {
  describe(`a model store on ${database}`, () => {
    it('is empty at first', async () => {
      expect(await (await create().open()).list()).toEqual([]);
    });

    it('gives back every part byte for byte, empty, smaller and larger than a chunk', async () => {
      const store = await create().open();
      const sizes = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2.5 * CHUNK_BYTES];
      const parts = new Map(sizes.map((size, seed) => [`part ${size}`, noisePart(size, seed)]));
      const stored = await store.insert({ name: 'm', digest: 'd', createdAt: CREATED, parts }, always);
      expect(stored).toEqual({ name: 'm', version: 1, digest: 'd', createdAt: CREATED, created: true });
      const read = await store.read('m', 1);
      expect(checksums(read)).toEqual(checksums(parts));
      for (const [name, { sha256 }] of parts) expect(read.get(name)?.sha256).toBe(sha256);
    });

    it('reads one part of one version, byte for byte', async () => {
      const store = await create().open();
      const first = partsOf({ labels: noisePart(40, 1), table: noisePart(2.5 * CHUNK_BYTES, 2) });
      const second = partsOf({ labels: noisePart(40, 3), table: noisePart(50, 4), empty: noisePart(0) });
      for (const [digest, parts] of [
        ['d', first],
        ['dd', second],
      ] as const) {
        await store.insert({ name: 'm', digest, createdAt: CREATED, parts }, always);
      }
      for (const [index, parts] of [first, second].entries()) {
        for (const [part, expected] of parts) {
          const read = await store.readPart('m', index + 1, part);
          expect(read.sha256).toBe(expected.sha256);
          expect(Buffer.compare(bytesOf(read), bytesOf(expected))).toBe(0);
        }
      }
    });

    it('does not read a part that is not there, or no more', async () => {
      const store = await create().open();
      await put(store, 'm', 'd');
      const read = (name: string, version: number, part: string) => store.readPart(name, version, part);
      for (const absent of [
        () => read('m', 1, 'table'),
        () => read('m', 2, 'labels'),
        () => read('n', 1, 'labels'),
      ])
        await expect(absent()).rejects.toBeInstanceOf(DamagedModelError);
      await read('m', 1, 'labels');
      await store.delete('m', 1);
      await expect(read('m', 1, 'labels')).rejects.toBeInstanceOf(DamagedModelError);
    });

    it('lists versions by name, then by number', async () => {
      const store = await create().open();
      for (let version = 1; version <= 11; version++) await put(store, 'b', 'd'.repeat(version));
      await put(store, 'a', 'd');
      const listed = await store.list();
      expect(listed.map(({ name, version }) => `${name}${version}`)).toEqual([
        'a1',
        ...Array.from({ length: 11 }, (_, k) => `b${k + 1}`),
      ]);
      expect(listed[0]).toEqual({ name: 'a', version: 1, digest: 'd', createdAt: CREATED });
    });

    it('returns the version that has the same digest', async () => {
      const store = await create().open();
      await put(store, 'm', 'first');
      await put(store, 'm', 'second');
      const later = { name: 'm', digest: 'first', createdAt: '2030-01-01T00:00:00.000Z', parts: small(9) };
      expect(await store.insert(later, always)).toEqual({
        name: 'm',
        version: 1,
        digest: 'first',
        createdAt: CREATED,
        created: false,
      });
      expect(await store.list()).toHaveLength(2);
      expect(checksums(await store.read('m', 1))).toEqual(checksums(small(5)));
    });

    it('makes a new version when none with the same digest is usable', async () => {
      const store = await create().open();
      const asked: number[] = [];
      await put(store, 'm', 'same');
      await put(store, 'm', 'other');
      const second = await put(store, 'm', 'same', (version) => {
        asked.push(version);
        return false;
      });
      expect([second.version, second.created, asked]).toEqual([3, true, [1]]);
      const usable = await put(store, 'm', 'same', (version) => version === 3);
      expect([usable.version, usable.created]).toEqual([3, false]);
      expect((await put(store, 'm', 'same', never)).version).toBe(4);
    });

    it('takes the same digest under another name for another model', async () => {
      const store = await create().open();
      await put(store, 'm', 'same');
      expect(await put(store, 'n', 'same')).toMatchObject({ name: 'n', version: 1, created: true });
    });

    it('never uses a version number again', async () => {
      const store = await create().open();
      await put(store, 'm', 'd');
      await put(store, 'm', 'dd');
      await store.delete('m', 2);
      expect((await put(store, 'm', 'dd')).version).toBe(3);
      await store.delete('m');
      expect(await store.list()).toEqual([]);
      expect((await put(store, 'm', 'd')).version).toBe(4);
    });

    it('deletes one version, or all of a name, and nothing else', async () => {
      const base = create();
      const store = await base.open();
      for (const digest of ['d', 'dd', 'ddd']) await put(store, 'm', digest);
      await put(store, 'n', 'd');
      await store.delete('m', 2);
      await store.delete('m', 7);
      await store.delete('unknown');
      expect((await store.list()).map(({ name, version }) => `${name}${version}`)).toEqual([
        'm1',
        'm3',
        'n1',
      ]);
      expect(checksums(await store.read('m', 3))).toEqual(checksums(small(3)));
      await store.delete('m');
      expect((await store.list()).map(({ name }) => name)).toEqual(['n']);
      const left = await base.behind(async (db) => [
        (await db.selectFrom('blob').select('name').execute()).map(({ name }) => name),
        (await db.selectFrom('chunk').select('name').execute()).map(({ name }) => name),
      ]);
      expect(left).toEqual([['n'], ['n']]);
    });

    it('numbers concurrent inserts one after the other', async () => {
      const store = await create().open();
      const digests = Array.from({ length: 8 }, (_, k) => `digest ${k}`);
      const parts = partsOf({ features: noisePart(1.5 * CHUNK_BYTES) });
      const stored = await Promise.all(
        digests.map((digest) => store.insert({ name: 'm', digest, createdAt: CREATED, parts }, always)),
      );
      expect(stored.map(({ version }) => version).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      for (const { version } of stored) {
        expect(checksums(await store.read('m', version))).toEqual(checksums(parts));
      }
    });

    it('stores concurrent inserts of one digest once', async () => {
      const store = await create().open();
      const stored = await Promise.all(Array.from({ length: 6 }, () => put(store, 'm', 'same')));
      expect(stored.map(({ version }) => version)).toEqual([1, 1, 1, 1, 1, 1]);
      expect(stored.filter(({ created }) => created)).toHaveLength(1);
      expect(await store.list()).toHaveLength(1);
    });

    it('is read while a model is being stored', async () => {
      const store = await create().open();
      await put(store, 'm', 'd');
      const parts = partsOf({ features: noisePart(8 * CHUNK_BYTES) });
      const order: string[] = [];
      const storing = store.insert({ name: 'n', digest: 'd', createdAt: CREATED, parts }, always);
      const stored = storing.then(() => order.push('stored'));
      await new Promise(setImmediate); // the transaction has begun
      expect(await store.list()).toHaveLength(1);
      expect(checksums(await store.read('m', 1))).toEqual(checksums(small(1)));
      order.push('read');
      await stored;
      expect(order).toEqual(['read', 'stored']);
    });

    it('leaves nothing of an insert that fails on its way', async () => {
      const base = create();
      const store = await base.open();
      const failure = new Error('the parts cannot be read');
      const parts = new Map([['labels', noisePart(10)]]);
      parts[Symbol.iterator] = function* () {
        yield ['labels', noisePart(10)];
        throw failure;
      };
      const insert = store.insert({ name: 'm', digest: 'd', createdAt: CREATED, parts }, always);
      await expect(insert).rejects.toBe(failure);
      expect(await store.list()).toEqual([]);
      const rows = await base.behind((db) => db.selectFrom('chunk').select('name').execute());
      expect(rows).toEqual([]);
      expect(await put(store, 'm', 'd')).toMatchObject({ version: 1, created: true });
    });

    it('shows the same after it was closed and opened again, and migrated twice', async () => {
      const base = create();
      const first = await base.openStore();
      const store = first.models;
      await put(store, 'm', 'd');
      await put(store, 'm', 'dd');
      await store.delete('m', 2);
      const before = await store.list();
      await first.close();
      const second = await base.openStore();
      const again = second.models;
      await second.migrate();
      expect(await again.list()).toEqual(before);
      expect(checksums(await again.read('m', 1))).toEqual(checksums(small(1)));
      expect((await put(again, 'm', 'ddd')).version).toBe(3);
    });
  });
}

import { sql } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { ModelRegistry } from '../../src/registry/registry.ts';
import type { ModelStore } from '../../src/store/model-store.ts';
import { StoreUnavailableError } from '../../src/store/store.ts';
import { compileThreat } from '../../src/threat/compile-threat.ts';
import { Gate } from '../support/models/gate.ts';
import { failureOf, refusalOf } from '../support/models/refusal.ts';
import { datasetOf, openRegistry, register, tinyDataset, versionsIn } from '../support/models/registry.ts';
import { LIMITS } from '../support/models/settings.ts';
import { LOANS } from '../support/models/variants.ts';
import { ownWorkers } from '../support/models/workers.ts';
import { sqliteDatabase, storeWith, type TestDatabase } from '../support/stores/databases.ts';
import { NO_POSTGRES, postgresDatabase } from '../support/stores/postgres.ts';

/** A store of which some methods do not answer as long as they are named in `silent`. */
async function failingStore(base = sqliteDatabase()) {
  const store = await base.open();
  const silent = new Set<keyof ModelStore>();
  const unless = <Answer>(method: keyof ModelStore, ask: () => Promise<Answer>) =>
    silent.has(method) ? Promise.reject(new StoreUnavailableError('no connection')) : ask();
  return {
    base,
    silent,
    store: storeWith(store, {
      list: () => unless('list', () => store.list()),
      insert: (model, isUsable) => unless('insert', () => store.insert(model, isUsable)),
      read: (...of) => unless('read', () => store.read(...of)),
      readPart: (...of) => unless('readPart', () => store.readPart(...of)),
      delete: (...of) => unless('delete', () => store.delete(...of)),
    }),
  };
}

describe('a store that does not answer', () => {
  it.each(['list', 'readPart', 'read'] as const)(
    'at the start is waited for, and nothing is called damaged (%s)',
    async (method) => {
      const { base, store, silent } = await failingStore();
      const other = await openRegistry(await base.open());
      for (const name of ['a', 'b', 'c']) await register(other, name, tinyDataset(1));
      silent.add(method);
      const registry = new ModelRegistry(store, LIMITS, ownWorkers());
      const done = registry.load();
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect([registry.loading, registry.damaged]).toEqual([method === 'list' ? undefined : 3, []]);
      expect((await refusalOf(() => registry.get('a'))).code).toBe('not_ready');
      await other.delete('b'); // and is not waited for any more
      silent.clear();
      await done;
      expect([versionsIn(registry), registry.loading]).toEqual([['a1', 'c1'], 0]);
    },
  );

  it('is waited for no longer once the registry is closed', async () => {
    const { store, silent } = await failingStore();
    silent.add('list');
    const registry = new ModelRegistry(store, LIMITS, ownWorkers());
    const failure = failureOf(() => registry.load());
    await registry.close();
    expect(await failure).toMatchObject({ name: 'AbortError' });
  });

  it.each(['list', 'readPart', 'read'] as const)(
    'at a refresh changes nothing, and the next one goes on (%s)',
    async (method) => {
      const { base, store, silent } = await failingStore();
      const other = await openRegistry(await base.open());
      await register(other, 'm', tinyDataset(1));
      const lost = vi.fn();
      const registry = await openRegistry(store, LIMITS, { lost });
      await register(other, 'm', tinyDataset(2));
      silent.add(method);
      await registry.refresh();
      await registry.refresh();
      expect([versionsIn(registry), registry.get('m').version]).toEqual([['m1'], 1]);
      expect([registry.damaged, registry.loading, lost.mock.calls]).toEqual([[], 0, []]);
      silent.clear();
      await registry.refresh();
      expect(registry.get('m').version).toBe(2);
    },
  );

  it('leaves it open whether a change was made, and says that asking again is safe', async () => {
    const { store, silent } = await failingStore();
    const registry = await openRegistry(store);
    const model = await register(registry, 'm', tinyDataset(1));
    silent.add('insert').add('delete').add('list');
    for (const change of [
      () => register(registry, 'm', tinyDataset(2)),
      () => register(registry, 'm', tinyDataset(1)), // the store decides whether it is still there
      () => registry.delete('m'),
      () => registry.delete('m', 1),
    ]) {
      const { code, status, message } = await refusalOf(change);
      expect([code, status]).toEqual(['store_failed', 503]);
      expect(message).toContain('asking again is safe');
    }
    expect(registry.get('m')).toBe(model);
    silent.clear();
    expect(await register(registry, 'm', tinyDataset(1))).toBe(model);
  });

  it('keeps no memory of a registration that it did not take, nor of one that was there already', async () => {
    const { store, silent } = await failingStore();
    const threads = ownWorkers();
    const registry = new ModelRegistry(store, LIMITS, threads);
    await registry.load();
    const { features, shared } = (await register(registry, 'n', tinyDataset(2))).ridge; // as large
    const letGo = vi.spyOn(threads, 'letGo');
    const letGoOfAll = () => {
      const given = letGo.mock.calls.map(([bytes]) => bytes);
      const memories = [...features.handle.memories, shared.handle.memory];
      for (const { memory } of memories) expect(given).toContain(memory.buffer.byteLength);
      letGo.mockClear();
    };
    silent.add('insert');
    await refusalOf(() => register(registry, 'm', tinyDataset(1)));
    letGoOfAll();
    silent.clear();
    const both = await Promise.all([1, 2].map(() => register(registry, 'm', tinyDataset(1))));
    expect(both[0]).toBe(both[1]);
    letGoOfAll();
  });

  it('is no news once the registry is closed', async () => {
    const store = await sqliteDatabase().open();
    const gate = new Gate();
    let closing = false;
    const list: ModelStore['list'] = async () => {
      if (!closing) return store.list();
      await gate.pass();
      throw new Error('driver has already been destroyed');
    };
    const lost = vi.fn();
    const registry = await openRegistry(storeWith(store, { list }), LIMITS, { lost });
    closing = true;
    const refreshing = registry.refresh();
    await gate.reached();
    await registry.close();
    await gate.open();
    await refreshing;
    expect(lost).not.toHaveBeenCalled();
  });

  it('refuses a threat whose columns are still to be read, not one whose columns are there', async () => {
    const { store, silent } = await failingStore();
    const registry = await openRegistry(store);
    const model = await register(registry, 'loans', datasetOf(LOANS));
    const threat = (column: string) =>
      compileThreat(registry, model, { rows: { column, in: column === 'job' ? ['clerk'] : [true] } });
    await threat('job');
    silent.add('readPart');
    await threat('job');
    expect(await refusalOf(() => threat('owner'))).toMatchObject({ code: 'store_failed', status: 503 });
    silent.clear();
    await threat('owner');
  });
});

const databases: [string, () => TestDatabase][] = [['SQLite', sqliteDatabase]];
if (!NO_POSTGRES) databases.push(['Postgres', postgresDatabase]);

describe('a store that fails in another way', () => {
  it.each(databases)(
    'while versions are loaded is reported once, and they are loaded when it can be read again (%s)',
    async (_database, create) => {
      const base = create();
      const other = await openRegistry(await base.open());
      for (const name of ['a', 'b']) await register(other, name, tinyDataset(1));
      const rename = (from: string, to: string) =>
        base.behind((db) => sql`alter table ${sql.table(from)} rename to ${sql.table(to)}`.execute(db));
      await rename('chunk', 'away');
      const lost = vi.fn();
      const registry = await openRegistry(await base.open(), LIMITS, { lost });
      await registry.refresh();
      expect([versionsIn(registry), registry.damaged]).toEqual([[], []]);
      expect([registry.loading, registry.unread]).toEqual([0, 2]);
      expect((await refusalOf(() => registry.get('a'))).code).toBe('not_ready');
      expect(lost.mock.calls).toEqual([
        [expect.objectContaining({ message: "model 'a' version 1 cannot be read now" })],
      ]);
      expect(lost.mock.calls[0]![0].cause.message).toContain('chunk');
      await rename('away', 'chunk');
      await vi.waitFor(() => expect(versionsIn(registry)).toEqual(['a1', 'b1']), 5000);
      expect([registry.unread, lost.mock.calls.length]).toEqual([0, 1]);
    },
  );

  it('keeps no threat from being refused in words, and the column is read when it can be', async () => {
    const store = await sqliteDatabase().open();
    let failure: Error | null = new RangeError('Array buffer allocation failed');
    const readPart: ModelStore['readPart'] = (...of) =>
      failure === null ? store.readPart(...of) : Promise.reject(failure);
    const registry = await openRegistry(storeWith(store, { readPart }));
    const model = await register(registry, 'loans', datasetOf(LOANS));
    const threat = () => compileThreat(registry, model, { rows: { column: 'job', in: ['clerk'] } });
    expect(await refusalOf(threat)).toMatchObject({ code: 'store_failed', status: 503 });
    failure = null;
    await threat();
  });

  it('is reported once until it can be followed again', async () => {
    const store = await sqliteDatabase().open();
    let failure: Error | null = null;
    const list = () => (failure === null ? store.list() : Promise.reject(failure));
    const lost = vi.fn();
    const registry = await openRegistry(storeWith(store, { list }), LIMITS, { lost });
    for (const next of [new Error('no such table'), null, new Error('no such column')]) {
      failure = next;
      await registry.refresh();
      await registry.refresh();
    }
    expect(lost.mock.calls.map(([error]) => error.message)).toEqual(['no such table', 'no such column']);
  });
});

import { describe, expect, it, vi } from 'vitest';
import { ModelRegistry } from '../../src/registry/registry.ts';
import type { ModelStore } from '../../src/store/model-store.ts';
import { Gate } from '../support/models/gate.ts';
import { refusalOf } from '../support/models/refusal.ts';
import {
  bitsIn,
  certified,
  openRegistry,
  register,
  registrationOf,
  tinyDataset,
  versionsIn,
} from '../support/models/registry.ts';
import { LIMITS } from '../support/models/settings.ts';
import { ownWorkers } from '../support/models/workers.ts';
import { sqliteDatabase, storeWith, type TestDatabase } from '../support/stores/databases.ts';

const codeOf = async (act: () => unknown) => (await refusalOf(act)).code;

/** Two registries on one database; what the second does with the store can be replaced. */
async function replicas(replaced: (store: ModelStore) => Partial<ModelStore> = () => ({})) {
  const base = sqliteDatabase();
  const other = await openRegistry(await base.open());
  const store = await base.open();
  const registry = await openRegistry(storeWith(store, replaced(store)));
  return { base, other, registry };
}

/** The same, where each version that the second loads waits at a gate once `gate` is set. */
async function gatedReplicas() {
  const at: { gate: Gate | null } = { gate: null };
  const both = await replicas((store) => ({
    readPart: async (name, version, part) => {
      if (part === 'manifest') await at.gate?.pass();
      return store.readPart(name, version, part);
    },
  }));
  return { ...both, at };
}

function damage(base: TestDatabase, version: number): Promise<unknown> {
  return base.behind((db) =>
    db
      .updateTable('blob')
      .set({ sha256: '0'.repeat(64) })
      .where((row) => row.and({ version, part: 'labels' }))
      .execute(),
  );
}

describe('a refresh', () => {
  it('serves what another has registered, to the same bits, and no longer what it has deleted', async () => {
    const { other, registry } = await replicas();
    const there = await register(other, 'm', tinyDataset(1, 20));
    expect(await codeOf(() => registry.get('m'))).toBe('model_not_found');
    await registry.refresh();
    const here = registry.get('m');
    expect([here.version, here.digest, here.createdAt]).toEqual([1, there.digest, there.createdAt]);
    const ask = async (model: typeof here) => bitsIn(await certified(model, [[3], [50]]));
    expect(await ask(here)).toBe(await ask(there));
    await register(other, 'm', tinyDataset(2));
    await other.delete('m', 1);
    await registry.refresh();
    expect(versionsIn(registry)).toEqual(['m2']);
    expect(await codeOf(() => registry.get('m', 1))).toBe('version_not_found');
    await other.delete('m');
    await registry.refresh();
    expect(await codeOf(() => registry.get('m'))).toBe('model_not_found');
  });

  it('lists alike, whatever was registered first and where', async () => {
    const { other, registry } = await replicas();
    await register(other, 'n', tinyDataset(1));
    await register(registry, 'm', tinyDataset(1));
    await register(other, 'B', tinyDataset(1));
    await register(registry, 'n', tinyDataset(2));
    for (const one of [other, registry]) {
      await one.refresh();
      expect(versionsIn(one)).toEqual(['B1', 'm1', 'n1', 'n2']);
    }
  });

  it('keeps the older version as the latest until the new one is loaded, and stays ready', async () => {
    const { other, registry, at } = await gatedReplicas();
    await register(other, 'm', tinyDataset(1));
    await registry.refresh();
    await register(other, 'm', tinyDataset(2));
    await register(other, 'new', tinyDataset(1));
    at.gate = new Gate();
    const done = registry.refresh();
    await at.gate.reached();
    expect([registry.get('m').version, registry.loading, registry.damaged]).toEqual([1, 0, []]);
    expect(await codeOf(() => registry.get('m', 2))).toBe('not_ready');
    expect(await codeOf(() => registry.get('m', 3))).toBe('version_not_found');
    expect(await codeOf(() => registry.get('new'))).toBe('not_ready');
    expect((await register(registry, 'own', tinyDataset(1))).version).toBe(1);
    await at.gate.open();
    await at.gate.open();
    await done;
    expect([registry.get('m').version, registry.get('new').version]).toEqual([2, 1]);
  });

  it('sees what is deleted while it still loads something else', async () => {
    const { other, registry, at } = await gatedReplicas();
    await register(other, 'm', tinyDataset(1));
    await registry.refresh();
    await register(other, 'large', tinyDataset(1));
    at.gate = new Gate();
    const done = registry.refresh();
    await at.gate.reached();
    await other.delete('m');
    void registry.refresh();
    await vi.waitFor(() => expect(() => registry.get('m')).toThrow("no model 'm'"));
    await at.gate.open();
    await done;
    expect(versionsIn(registry)).toEqual(['large1']);
  });

  it('drops a version that is deleted while it is being loaded, and calls it neither damaged nor there', async () => {
    const { other, registry, at } = await gatedReplicas();
    await register(other, 'm', tinyDataset(1));
    at.gate = new Gate();
    const done = registry.refresh();
    await at.gate.reached();
    await other.delete('m');
    await at.gate.open();
    await done;
    expect([registry.damaged, registry.list()]).toEqual([[], []]);
    expect(await codeOf(() => registry.get('m', 1))).toBe('model_not_found');
  });

  it('reports damage as the start does, once, until the version is deleted', async () => {
    const base = sqliteDatabase();
    const other = await openRegistry(await base.open());
    const damaged = vi.fn();
    const registry = await openRegistry(await base.open(), LIMITS, { damaged });
    await register(other, 'm', tinyDataset(1));
    await registry.refresh();
    await register(other, 'm', tinyDataset(2));
    await damage(base, 2);
    await registry.refresh();
    await registry.refresh();
    const expected = { name: 'm', version: 2, reason: "part 'labels' does not match its checksum" };
    expect([registry.damaged, damaged.mock.calls]).toEqual([[expected], [[expected]]]);
    expect(await codeOf(() => registry.get('m'))).toBe('model_damaged');
    await other.delete('m', 2);
    await register(other, 'm', tinyDataset(2));
    await registry.refresh();
    expect([registry.damaged, registry.get('m').version]).toEqual([[], 3]);
  });

  it('never runs twice at a time, and once more for all who asked meanwhile', async () => {
    const gate = new Gate();
    let gated = false;
    let lists = 0;
    const { other, registry } = await replicas((store) => ({
      list: async () => {
        if (gated) {
          lists++;
          await gate.pass();
        }
        return store.list();
      },
    }));
    gated = true;
    const first = registry.refresh();
    await gate.reached();
    await register(other, 'm', tinyDataset(1));
    const others = [registry.refresh(), registry.refresh(), registry.refresh()];
    expect(lists).toBe(1);
    await gate.open();
    await gate.open();
    await Promise.all([first, ...others]);
    expect([lists, versionsIn(registry)]).toEqual([2, ['m1']]);
  });

  it('lets go of the memory of what is gone, and of nothing else', async () => {
    const base = sqliteDatabase();
    const other = await openRegistry(await base.open());
    for (const seed of [1, 2]) await register(other, 'm', tinyDataset(seed));
    const threads = ownWorkers();
    const registry = new ModelRegistry(await base.open(), LIMITS, threads);
    await registry.load();
    const forget = vi.spyOn(threads, 'forget');
    const letGo = vi.spyOn(threads, 'letGo');
    const gone = registry.get('m', 1);
    await other.delete('m', 1);
    await registry.refresh();
    expect(forget.mock.calls).toEqual([[gone]]);
    for (const { memory } of gone.ridge.features.handle.memories)
      expect(letGo).toHaveBeenCalledWith(memory.buffer.byteLength);
  });
});

describe('a number that got another content, since the database lost the first', () => {
  /** As after a failover to a copy that was behind: what was registered last is not there. */
  const lose = (base: TestDatabase) =>
    base.behind(async (db) => {
      for (const table of ['chunk', 'blob', 'model', 'name'] as const) await db.deleteFrom(table).execute();
    });

  it('is served as the store has it, and told of', async () => {
    const base = sqliteDatabase();
    const told = { arrived: vi.fn(), gone: vi.fn() };
    const registry = await openRegistry(await base.open(), LIMITS, told);
    const first = await register(registry, 'm', tinyDataset(1));
    await lose(base);
    const second = await register(await openRegistry(await base.open()), 'm', tinyDataset(2));
    expect(second.version).toBe(first.version);
    await registry.refresh();
    const { digest } = registry.get('m', 1);
    expect([digest, digest === first.digest]).toEqual([second.digest, false]);
    expect(told.gone.mock.calls).toEqual([[{ name: 'm', version: 1 }]]);
    expect(told.arrived.mock.calls).toEqual([[expect.objectContaining({ version: 1, digest })]]);
  });

  it('is neither mistaken by a registration for the first content, nor for its own', async () => {
    const base = sqliteDatabase();
    const registry = await openRegistry(await base.open());
    const first = await register(registry, 'm', tinyDataset(1));
    await lose(base);
    const own = await register(registry, 'm', tinyDataset(2));
    expect([own.version, registry.get('m', 1)]).toEqual([1, own]);
    expect(own.digest).not.toBe(first.digest);
    await lose(base);
    await register(await openRegistry(await base.open()), 'm', tinyDataset(3));
    expect((await register(registry, 'm', tinyDataset(2))).version).toBe(2);
  });
});

describe('a refresh beside registrations and deletions of its own', () => {
  it('leaves a version alone that is being registered here', async () => {
    const gate = new Gate();
    const read: string[] = [];
    const { registry } = await replicas((store) => ({
      insert: async (model, isUsable) => {
        const stored = await store.insert(model, isUsable);
        await gate.pass(); // the store has it, and the registration has not heard of it yet
        return stored;
      },
      readPart: (name, version, part) => {
        read.push(part);
        return store.readPart(name, version, part);
      },
    }));
    const registering = register(registry, 'm', tinyDataset(1));
    await gate.reached();
    await registry.refresh();
    expect(registry.list()).toEqual([]);
    await gate.open();
    const model = await registering;
    await registry.refresh();
    expect([registry.get('m'), read]).toEqual([model, []]);
  });

  it('neither drops what was registered, nor brings back what was deleted, while the store listed', async () => {
    const gate = new Gate();
    let gated = false;
    const { registry } = await replicas((store) => ({
      list: async () => {
        const listed = await store.list();
        if (gated) await gate.pass();
        return listed;
      },
    }));
    await register(registry, 'old', tinyDataset(1));
    gated = true;
    const refreshing = registry.refresh();
    await gate.reached();
    gated = false;
    const model = await register(registry, 'new', tinyDataset(1));
    await registry.delete('old');
    await gate.open();
    await refreshing;
    expect(registry.list()).toEqual([model]);
    expect(await codeOf(() => registry.get('old'))).toBe('model_not_found');
  });

  it('a registration serves a version at once that another has registered a moment ago', async () => {
    const { other, registry } = await replicas();
    const there = await register(other, 'm', tinyDataset(1));
    const { model, created } = await registry.register(await registrationOf('m', tinyDataset(1)));
    expect([created, model.version, model.createdAt]).toEqual([false, 1, there.createdAt]);
    expect(registry.get('m')).toBe(model);
    await registry.refresh();
    expect(registry.get('m')).toBe(model);
  });

  it('a registration of what another has deleted makes a new version', async () => {
    const { other, registry } = await replicas();
    await register(registry, 'm', tinyDataset(1));
    await other.refresh();
    await other.delete('m', 1);
    const { model, created } = await registry.register(await registrationOf('m', tinyDataset(1)));
    expect([created, model.version, versionsIn(registry)]).toEqual([true, 2, ['m2']]);
  });

  it('a deletion of all versions also deletes those that only the store knows', async () => {
    const { other, registry } = await replicas();
    await register(registry, 'm', tinyDataset(1));
    await register(other, 'm', tinyDataset(2));
    await registry.delete('m');
    for (const one of [registry, other]) {
      await one.refresh();
      expect(one.list()).toEqual([]);
    }
  });
});

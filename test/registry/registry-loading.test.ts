import { describe, expect, it } from 'vitest';
import { ModelRegistry } from '../../src/registry/registry.ts';
import type { ModelStore } from '../../src/store/model-store.ts';
import { failureOf, refusalOf } from '../support/models/refusal.ts';
import { openRegistry, register, tinyDataset } from '../support/models/registry.ts';
import { LIMITS } from '../support/models/settings.ts';
import { ownWorkers } from '../support/models/workers.ts';
import { sqliteDatabase, storeWith } from '../support/stores/databases.ts';

/** A registry that has begun to load m1, m2 and n1; each read waits for its turn. */
async function loading() {
  const base = sqliteDatabase();
  const filling = await openRegistry(await base.open());
  for (const [name, seed] of [
    ['m', 1],
    ['m', 2],
    ['n', 3],
  ] as const)
    await register(filling, name, tinyDataset(seed));
  const store = await base.open();
  const turns: (() => void)[] = [];
  const readPart: ModelStore['readPart'] = async (name, version, part) => {
    if (part === 'manifest') await new Promise<void>((resolve) => turns.push(resolve)); // it is read first
    return store.readPart(name, version, part);
  };
  const registry = new ModelRegistry(storeWith(store, { readPart }), LIMITS, ownWorkers());
  const done = registry.load();
  /** Lets the oldest waiting read go on. */
  const release = async () => {
    while (turns.length === 0) await new Promise(setImmediate);
    turns.shift()!();
  };
  /** Lets one version be loaded. */
  const next = async () => {
    const before = registry.loading;
    await release();
    while (registry.loading === before) await new Promise(setImmediate);
  };
  while (turns.length === 0) await new Promise(setImmediate);
  return { registry, base, done, next, release };
}

const codeOf = async (act: () => unknown) => (await refusalOf(act)).code;

describe('a registry that is loading', () => {
  it('is not ready before the store has answered', async () => {
    const registry = new ModelRegistry(await sqliteDatabase().open(), LIMITS, ownWorkers());
    expect([registry.loading, registry.list(), registry.damaged]).toEqual([undefined, [], []]);
    expect(await codeOf(() => registry.get('m'))).toBe('not_ready');
    expect(await codeOf(() => registry.get('m', 1))).toBe('not_ready');
    expect(await codeOf(() => registry.versions('m'))).toBe('not_ready');
    expect(await codeOf(() => registry.delete('m'))).toBe('not_ready');
    expect(await codeOf(() => register(registry, 'm', tinyDataset(1)))).toBe('not_ready');
  });

  it('serves each version as soon as it is loaded, and no older one in place of the latest', async () => {
    const { registry, next, done } = await loading();
    expect(registry.loading).toBe(3);
    expect(await codeOf(() => registry.get('m'))).toBe('not_ready');
    expect(await codeOf(() => registry.get('unknown'))).toBe('model_not_found');
    expect(await codeOf(() => registry.get('m', 9))).toBe('version_not_found');
    await next();
    expect(registry.loading).toBe(2);
    expect(registry.get('m', 1).version).toBe(1);
    expect(await codeOf(() => registry.get('m'))).toBe('not_ready');
    await next();
    expect(registry.get('m').version).toBe(2);
    await next();
    await done;
    expect([registry.loading, registry.list().length]).toEqual([0, 3]);
  });

  it('takes no registration until everything is loaded', async () => {
    const { registry, next, done } = await loading();
    await next();
    await next();
    expect(await codeOf(() => register(registry, 'm', tinyDataset(4)))).toBe('not_ready');
    await next();
    await done;
    expect((await register(registry, 'm', tinyDataset(4))).version).toBe(3);
  });

  it('does not bring back a version that was deleted while it was being read', async () => {
    const { registry, base, next, done, release } = await loading();
    await registry.delete('m', 1);
    await release();
    await next();
    await next();
    await done;
    expect(registry.list().map(({ name, version }) => `${name}${version}`)).toEqual(['m2', 'n1']);
    expect(registry.damaged).toEqual([]);
    expect(await codeOf(() => registry.get('m', 1))).toBe('version_not_found');
    expect(await (await base.open()).list()).toHaveLength(2);
  });

  it('does not bring back a name that was deleted while its versions were being read', async () => {
    const { registry, next, done, release } = await loading();
    await registry.delete('m');
    expect(registry.loading).toBe(1);
    await release(); // of the first, which was being read; the second is not read any more
    await next();
    await done;
    expect(registry.list().map(({ name }) => name)).toEqual(['n']);
    expect(registry.damaged).toEqual([]);
    expect((await register(registry, 'm', tinyDataset(1))).version).toBe(3);
  });

  it('also waits for what another process registers meanwhile', async () => {
    const { registry, base, next, done } = await loading();
    await register(await openRegistry(await base.open()), 'm', tinyDataset(4));
    const refreshed = registry.refresh();
    await expect.poll(() => registry.loading).toBe(4);
    expect(await codeOf(() => registry.get('m', 3))).toBe('not_ready');
    for (let loaded = 0; loaded < 4; loaded++) await next();
    await Promise.all([done, refreshed]);
    expect(registry.get('m').version).toBe(3);
  });

  it('passes on the error of a store that cannot list, and stays not ready', async () => {
    const store = await sqliteDatabase().open();
    const failure = new Error('no such file');
    const registry = new ModelRegistry(
      storeWith(store, { list: () => Promise.reject(failure) }),
      LIMITS,
      ownWorkers(),
    );
    expect(await failureOf(() => registry.load())).toBe(failure);
    expect(registry.loading).toBeUndefined();
    expect(await codeOf(() => registry.get('m'))).toBe('not_ready');
  });
});

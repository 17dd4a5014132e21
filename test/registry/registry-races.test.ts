import { describe, expect, it } from 'vitest';
import type { ModelRegistry } from '../../src/registry/registry.ts';
import { openRegistry, register, registrationOf, tinyDataset } from '../support/models/registry.ts';
import { sqliteDatabase } from '../support/stores/databases.ts';

const versionsIn = (registry: ModelRegistry) =>
  registry.list().map(({ name, version, digest }) => ({ name, version, digest }));

/** Memory shows exactly what the store has, now and after a restart. */
async function expectAgreement(
  registry: ModelRegistry,
  base: ReturnType<typeof sqliteDatabase>,
): Promise<void> {
  const store = await base.open();
  const listed = (await store.list()).map(({ name, version, digest }) => ({ name, version, digest }));
  expect(versionsIn(registry)).toEqual(listed);
  expect(versionsIn(await openRegistry(store))).toEqual(listed);
}

describe('at the same time', () => {
  it('registrations of one content make one version, created once', async () => {
    const base = sqliteDatabase();
    const registry = await openRegistry(await base.open());
    const registrations = await Promise.all(
      Array.from({ length: 6 }, async () => registry.register(await registrationOf('m', tinyDataset(1)))),
    );
    expect(registrations.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(registrations.map(({ model }) => model)).size).toBe(1);
    await expectAgreement(registry, base);
  });

  it('registrations of several contents make consecutive versions, each of its own content', async () => {
    const base = sqliteDatabase();
    const registry = await openRegistry(await base.open());
    const registered = await Promise.all(
      Array.from({ length: 6 }, (_, seed) => register(registry, 'm', tinyDataset(seed))),
    );
    expect(registered.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(new Set(registered.map(({ digest }) => digest)).size).toBe(6);
    for (const model of registered) expect(registry.get('m', model.version)).toBe(model);
    await expectAgreement(registry, base);
  });

  it('the latest is the highest number, whichever registration ended last', async () => {
    const registry = await openRegistry();
    await Promise.all([
      register(registry, 'm', tinyDataset(1, 3000)),
      register(registry, 'm', tinyDataset(2)),
    ]);
    expect(registry.get('m').version).toBe(2);
    expect(registry.versions('m').at(-1)!.version).toBe(2);
  });

  it('a registration and deletions leave memory and store in agreement', async () => {
    for (let delay = 0; delay < 24; delay++) {
      const base = sqliteDatabase();
      const registry = await openRegistry(await base.open());
      await register(registry, 'm', tinyDataset(1));
      const registering = register(registry, 'm', tinyDataset(2));
      for (let turn = 0; turn < delay; turn++)
        await (delay % 2 === 0 ? undefined : new Promise(setImmediate));
      const deleting = [registry.delete('m'), registry.delete('m', 1)];
      await Promise.allSettled([registering, ...deleting]);
      await expectAgreement(registry, base);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/store/model-store.ts';
import { refusalOf } from '../support/models/refusal.ts';
import {
  bitsIn,
  certified,
  openRegistry,
  register,
  registrationOf,
  tinyDataset,
  vectorsOf,
} from '../support/models/registry.ts';
import type { PartialSettings } from '../support/models/settings.ts';
import { POINT_LABELS, POINTS } from '../support/models/variants.ts';
import { sqliteDatabase, type TestDatabase } from '../support/stores/databases.ts';

const PARTS = [
  ...['ensemble-factors', 'ensemble-features', 'ensemble-frequencies', 'ensemble-means', 'ensemble-rows'],
  ...['factor', 'features', 'frequencies', 'labels', 'manifest', 'means', 'state', 'vectors'],
];
const SETTINGS: PartialSettings = {
  features: { randomFourier: { components: 10, scale: 1, seed: 1 } },
  partitions: { count: 3, threat: 'rows' },
};
const everyPart = () => vectorsOf(POINTS, POINT_LABELS, ['red', 'green', 'blue']);

/** A base with two versions of m, the latest with every kind of part, and a model n. */
async function filled(): Promise<TestDatabase> {
  const base = sqliteDatabase();
  const registry = await openRegistry(await base.open());
  await register(registry, 'm', tinyDataset(1));
  await register(registry, 'm', everyPart(), SETTINGS);
  await register(registry, 'n', tinyDataset(2));
  return base;
}

const damageData = (base: TestDatabase, part: string) =>
  base.behind(async (db) => {
    const own = { name: 'm', version: 2, part, position: 0 };
    const chunks = db
      .selectFrom('chunk')
      .select('data')
      .where((row) => row.and(own));
    const { data } = await chunks.executeTakeFirstOrThrow();
    const changed = Buffer.from(data);
    changed[changed.length >> 1] = changed[changed.length >> 1]! ^ 4;
    await db
      .updateTable('chunk')
      .set({ data: changed })
      .where((row) => row.and(own))
      .execute();
  });

const removePart = (base: TestDatabase, part: string) =>
  base.behind((db) =>
    db
      .deleteFrom('blob')
      .where((row) => row.and({ name: 'm', version: 2, part }))
      .execute(),
  );

async function expectDamaged(base: TestDatabase, reason: string): Promise<void> {
  const registry = await openRegistry(await base.open());
  expect(registry.damaged).toEqual([{ name: 'm', version: 2, reason }]);
  expect(registry.loading).toBe(0);
  expect(await refusalOf(() => registry.get('m', 2))).toMatchObject({
    code: 'model_damaged',
    message: "model 'm' version 2 failed its integrity check",
  });
  expect(registry.list().map(({ name, version }) => `${name}${version}`)).toEqual(['m1', 'n1']);
}

describe('a damaged version', () => {
  it('has these parts to be damaged', async () => {
    const store = await (await filled()).open();
    expect([...(await store.read('m', 2)).keys()].sort()).toEqual(PARTS);
  });

  it.each(PARTS)('is left out when a bit of %s has changed, and the others serve', async (part) => {
    const base = await filled();
    await damageData(base, part);
    await expectDamaged(base, `part '${part}' does not match its checksum`);
  });

  it.each(PARTS)('is left out when part %s is gone, and the others serve', async (part) => {
    const base = await filled();
    await removePart(base, part);
    await expectDamaged(base, `part '${part}' is missing`);
  });

  it('is left out when its digest is that of another model', async () => {
    const base = await filled();
    await base.behind(async (db) => {
      const other = db.selectFrom('model').select('digest').where('name', '=', 'n');
      const { digest } = await other.executeTakeFirstOrThrow();
      await db
        .updateTable('model')
        .set({ digest })
        .where((row) => row.and({ name: 'm', version: 2 }))
        .execute();
    });
    await expectDamaged(base, 'the manifest does not match the digest');
  });

  it('is left out when its parts are what was stored, and make no model', async () => {
    const base = await filled();
    const data = Buffer.from('{}');
    await base.behind(async (db) => {
      const own = { name: 'm', version: 2, part: 'state' };
      const described = { bytes: data.length, sha256: sha256Hex(data) };
      const chunk = db.updateTable('chunk').set({ data });
      const blob = db.updateTable('blob').set(described);
      await chunk.where((row) => row.and(own)).execute();
      await blob.where((row) => row.and(own)).execute();
    });
    await expectDamaged(base, 'its stored parts make no model');
  });

  it('is not replaced by an older one when it is the latest', async () => {
    const base = await filled();
    await damageData(base, 'labels');
    const registry = await openRegistry(await base.open());
    expect((await refusalOf(() => registry.get('m'))).code).toBe('model_damaged');
    expect(registry.get('m', 1).version).toBe(1);
  });

  it('does not stand in the way of a newer one', async () => {
    const base = await filled();
    await damageData(base, 'labels');
    const registry = await openRegistry(await base.open());
    await register(registry, 'm', tinyDataset(3));
    expect(registry.get('m').version).toBe(3);
  });

  it('is not taken for the same content: registering it again makes a new version that lasts', async () => {
    const base = await filled();
    const sound = await openRegistry(await base.open());
    const expected = bitsIn(await certified(sound.get('m', 2), POINTS));
    await damageData(base, 'factor');
    const registry = await openRegistry(await base.open());
    const registration = () => registrationOf('m', everyPart(), SETTINGS);
    const { model, created } = await registry.register(await registration());
    expect([model.version, created, model.digest]).toEqual([3, true, sound.get('m', 2).digest]);
    const restarted = await openRegistry(await base.open());
    expect(bitsIn(await certified(restarted.get('m'), POINTS))).toBe(expected);
    const again = await restarted.register(await registration());
    expect([again.model.version, again.created]).toEqual([3, false]);
    expect(restarted.damaged.map(({ version }) => version)).toEqual([2]);
  });

  it('can be deleted', async () => {
    const base = await filled();
    await damageData(base, 'labels');
    const registry = await openRegistry(await base.open());
    await registry.delete('m', 2);
    expect([registry.damaged, registry.get('m').version]).toEqual([[], 1]);
  });
});

import { describe, expect, it } from 'vitest';
import { refusalOf } from '../support/models/refusal.ts';
import {
  certified,
  datasetOf,
  openRegistry,
  register,
  registrationOf,
  tinyDataset,
  vectorsOf,
} from '../support/models/registry.ts';
import { completeFrom } from '../support/models/settings.ts';
import { TARGET } from '../support/models/tables.ts';
import { LOAN_INSTANCES, LOANS } from '../support/models/variants.ts';
import { checksums, sqliteDatabase } from '../support/stores/databases.ts';

describe('a registered model', () => {
  it('describes itself: rows, features, classes, settings in force, warnings', async () => {
    const registry = await openRegistry();
    const table = { ...LOANS, columns: [...LOANS.columns, constant('country', 'AT'), constant('id', 7)] };
    const model = await register(registry, 'loans', datasetOf(table, { ignore: ['id'] }));
    expect(model).toMatchObject({ name: 'loans', version: 1, classes: ['bad', 'good'] });
    expect(model.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(new Date(model.createdAt).toISOString()).toBe(model.createdAt);
    expect(Math.abs(Date.now() - Date.parse(model.createdAt))).toBeLessThan(60_000);
    expect(model.settings).toEqual(completeFrom({}, ['bad', 'good']));
    expect(model.lambda).toBeGreaterThan(0);
    // income and its indicator, months, three jobs and the missing one, owner
    expect(model.map.width).toBe(8);
    expect(model.warnings).toEqual([
      expect.stringMatching(/^classes_not_declared: /),
      "column 'country' is constant and was dropped",
    ]);
    const count = (label: string) => LOANS.labels.filter((one) => one === label).length;
    expect(model.counts).toEqual([count('bad'), count('good')]);
    expect(model.manifest).toMatchObject({ rows: 60, target: TARGET, settings: model.settings });
    expect(model.manifest.columns?.map(({ name, ignored }) => [name, ignored])).toEqual([
      ['income', false],
      ['months', false],
      ['job', false],
      ['owner', false],
      ['country', false],
      ['id', true],
    ]);
  });

  it('has a relative lambda in proportion to the mean variance of its features', async () => {
    const registry = await openRegistry();
    const features = [
      [1, 10],
      [3, 10],
      [1, 30],
      [3, 30],
    ];
    const lambdaOf = async (settings: object) =>
      (await register(registry, 'm', vectorsOf(features, ['a', 'b', 'a', 'b']), settings)).lambda;
    expect(await lambdaOf({})).toBeCloseTo((4 * 1 + 4 * 100) / 2, 10);
    expect(await lambdaOf({ lambda: { relative: 0.5 } })).toBeCloseTo(101, 10);
    expect(await lambdaOf({ centre: false })).toBeCloseTo((20 + 2000) / 2, 10);
    expect(await lambdaOf({ lambda: { absolute: 7 } })).toBe(7);
    expect(await lambdaOf({ features: { standardise: true } })).toBeCloseTo(4, 5);
  });

  it('is in the store when register resolves', async () => {
    const base = sqliteDatabase();
    const registry = await openRegistry(await base.open());
    const { digest, createdAt } = await register(registry, 'loans', datasetOf(LOANS));
    const other = await base.open();
    expect(await other.list()).toEqual([{ name: 'loans', version: 1, digest, createdAt }]);
    const names = Object.keys(checksums(await other.read('loans', 1))).sort();
    expect(names).toEqual(['factor', 'features', 'labels', 'manifest', 'means', 'state', 'table']);
  });

  it('stores ready-made features once', async () => {
    const store = await sqliteDatabase().open();
    await register(await openRegistry(store), 'm', tinyDataset(1));
    const names = [...(await store.read('m', 1)).keys()].sort();
    expect(names).toEqual(['factor', 'labels', 'manifest', 'means', 'state', 'vectors']);
  });

  it('certifies records that carry the target and ignored columns', async () => {
    const registry = await openRegistry();
    const model = await register(registry, 'loans', datasetOf(LOANS, { ignore: ['owner'] }));
    const { owner, ...rest } = LOAN_INSTANCES[0]!;
    const results = await certified(model, [rest, { ...rest, owner, [TARGET]: 'good' }]);
    expect(results[1]).toEqual(results[0]);
  });
});

describe('the versions of a name', () => {
  it('count from 1; the latest serves unless another is asked for', async () => {
    const registry = await openRegistry();
    for (const seed of [1, 2, 3]) await register(registry, 'm', tinyDataset(seed));
    await register(registry, 'n', tinyDataset(1));
    expect(registry.get('m').version).toBe(3);
    expect(registry.get('m', 1).version).toBe(1);
    expect(registry.versions('m').map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(registry.list().map(({ name, version }) => `${name}${version}`)).toEqual(['m1', 'm2', 'm3', 'n1']);
  });

  it('stay the same for the same content, and the same digest serves any name', async () => {
    const registry = await openRegistry();
    const first = await registry.register(await registrationOf('m', tinyDataset(1)));
    await register(registry, 'm', tinyDataset(2));
    const again = await registry.register(await registrationOf('m', tinyDataset(1)));
    expect([first.created, again.created]).toEqual([true, false]);
    expect(again.model).toBe(first.model);
    const other = await registry.register(await registrationOf('n', tinyDataset(1)));
    expect([other.created, other.model.version, other.model.digest]).toEqual([true, 1, first.model.digest]);
    expect(registry.get('m').version).toBe(2);
  });

  it('are new for another setting', async () => {
    const registry = await openRegistry();
    await register(registry, 'm', tinyDataset(1));
    expect((await register(registry, 'm', tinyDataset(1), { noise: { q: 0.1 } })).version).toBe(2);
    expect((await register(registry, 'm', tinyDataset(1), { noise: { q: 0.2 } })).version).toBe(1);
  });

  it('are deleted one by one or together, and never used again', async () => {
    const base = sqliteDatabase();
    const registry = await openRegistry(await base.open());
    for (const seed of [1, 2, 3]) await register(registry, 'm', tinyDataset(seed));
    await registry.delete('m', 3);
    expect(registry.get('m').version).toBe(2);
    expect((await refusalOf(() => registry.get('m', 3))).code).toBe('version_not_found');
    expect((await register(registry, 'm', tinyDataset(3))).version).toBe(4);
    await registry.delete('m');
    expect((await refusalOf(() => registry.get('m'))).code).toBe('model_not_found');
    expect((await refusalOf(() => registry.versions('m'))).code).toBe('model_not_found');
    expect([registry.list(), await (await base.open()).list()]).toEqual([[], []]);
    expect((await register(registry, 'm', tinyDataset(1))).version).toBe(5);
    await registry.delete('m', 5);
    expect((await refusalOf(() => registry.get('m', 5))).code).toBe('model_not_found');
  });

  it.each(['get', 'versions', 'delete'] as const)(
    '%s: unknown names and versions are refused',
    async (method) => {
      const registry = await openRegistry();
      await register(registry, 'm', tinyDataset(1));
      for (const name of ['n', 'constructor', '__proto__']) {
        expect(await refusalOf(() => registry[method](name))).toMatchObject({
          code: 'model_not_found',
          message: expect.stringContaining(`there is no model '${name}'; GET /models`),
        });
        if (method !== 'versions') {
          expect((await refusalOf(() => registry[method](name, 1))).code).toBe('model_not_found');
        }
      }
      if (method === 'versions') return;
      expect(await refusalOf(() => registry[method]('m', 2))).toMatchObject({
        code: 'version_not_found',
        message: "model 'm' has no version 2",
      });
    },
  );
});

function constant(name: string, cell: string | number) {
  return {
    name,
    type: typeof cell === 'number' ? 'number' : 'category',
    cells: LOANS.labels.map(() => cell),
  } as const;
}

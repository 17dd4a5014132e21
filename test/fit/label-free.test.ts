import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SuretyError } from '../../src/errors.ts';
import type { Dataset } from '../../src/ingest/dataset.ts';
import { ModelRegistry } from '../../src/registry/registry.ts';
import type { ModelStore, Parts } from '../../src/store/model-store.ts';
import { datasetOf, openRegistry, register, registrationOf, vectorsOf } from '../support/models/registry.ts';
import { LIMITS, type PartialSettings } from '../support/models/settings.ts';
import { tablesArbitrary } from '../support/models/tables.ts';
import { VARIANTS } from '../support/models/variants.ts';
import { ownWorkers } from '../support/models/workers.ts';
import { checksums, sqliteDatabase } from '../support/stores/databases.ts';

/** A store that shows what it is given. */
function recordingStore(): ModelStore & { readonly given: Parts[] } {
  const given: Parts[] = [];
  return {
    given,
    list: async () => [],
    read: async (_, version) => given[version - 1]!,
    readPart: async (_, version, part) => given[version - 1]!.get(part)!,
    delete: async () => [],
    insert: async (model) => {
      given.push(model.parts);
      return { ...model, version: given.length, created: true };
    },
  };
}

/** Everything that is stored of a registration, or why there is nothing. */
async function storedOf(dataset: Dataset, settings: PartialSettings): Promise<Record<string, string>> {
  const store = recordingStore();
  const registry = new ModelRegistry(store, LIMITS, ownWorkers());
  await registry.load();
  try {
    await registry.register(await registrationOf('m', dataset, settings));
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    return { refused: error.code };
  }
  return checksums(store.given[0]!);
}

const settingsArbitrary: fc.Arbitrary<PartialSettings> = fc.record({
  centre: fc.constant(true),
  intercept: fc.boolean(),
  lambda: fc.constantFrom({ relative: 0.1 }, { absolute: 2 }),
  partitions: fc.option(
    fc.record({ count: fc.integer({ min: 1, max: 8 }), threat: fc.constant('labels' as const) }),
    { nil: null },
  ),
  features: fc.record({
    standardise: fc.boolean(),
    unitNorm: fc.boolean(),
    randomFourier: fc.option(fc.constant({ components: 9, scale: 1, seed: 4 }), { nil: null }),
  }),
});

function permuted<T>(values: readonly T[], weights: readonly number[]): T[] {
  const order = values.map((_, at) => at).sort((a, b) => weights[a]! - weights[b]! || a - b);
  return order.map((at) => values[at]!);
}

const weightsArbitrary = fc.array(fc.double({ noNaN: true }), { minLength: 25, maxLength: 25 });
const derived = ({ labels, manifest, ...rest }: Record<string, string>) => rest;

describe('labels shape nothing that is derived', () => {
  it('of a table: permuted labels leave every part but labels and manifest as it was', async () => {
    let registered = 0;
    await fc.assert(
      fc.asyncProperty(
        tablesArbitrary,
        weightsArbitrary,
        settingsArbitrary,
        async (table, weights, settings) => {
          const other = { ...table, labels: permuted(table.labels, weights) };
          const one = await storedOf(await datasetOf(table), settings);
          const two = await storedOf(await datasetOf(other), settings);
          expect(derived(two)).toEqual(derived(one));
          const same = table.labels.join() === other.labels.join();
          if (one.refused === undefined) {
            registered++;
            expect([two.labels === one.labels, two.manifest === one.manifest]).toEqual([same, same]);
          }
        },
      ),
      { seed: 321, numRuns: 80 },
    );
    expect(registered).toBeGreaterThan(50);
  });

  it('of ready-made features', async () => {
    const vector = fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(vector, { minLength: 4, maxLength: 20 }),
        weightsArbitrary,
        settingsArbitrary,
        async (features, weights, settings) => {
          const labels = features.map((_, row) => `class ${row % 2}`);
          const one = await storedOf(await vectorsOf(features, labels), settings);
          const two = await storedOf(await vectorsOf(features, permuted(labels, weights)), settings);
          expect(derived(two)).toEqual(derived(one));
        },
      ),
      { seed: 322, numRuns: 60 },
    );
  });

  // against changed rows the labels decide, on purpose, where a row goes: test/fit/deal-rows.test.ts
  const labelFree = VARIANTS.filter(({ settings }) => settings.partitions?.threat !== 'rows');
  it.each(labelFree)('through a real store: $title', async ({ dataset, settings }) => {
    const store = await sqliteDatabase().open();
    const registry = await openRegistry(store);
    const original = await dataset();
    const { classes, codes } = original.labels;
    const turned = codes.map((code) => (code + 1) % classes.length);
    await register(registry, 'm', original, settings);
    await register(registry, 'm', { ...original, labels: { classes, codes: turned } }, settings);
    const [one, two] = [checksums(await store.read('m', 1)), checksums(await store.read('m', 2))];
    expect(derived(two)).toEqual(derived(one));
    expect([two.labels === one.labels, two.manifest === one.manifest]).toEqual([false, false]);
  });
});

import { describe, expect, it } from 'vitest';
import { datasetFromCsv } from '../../src/ingest/csv.ts';
import type { Dataset } from '../../src/ingest/dataset.ts';
import { failureOf, MARKER, refusalOf } from '../support/models/refusal.ts';
import {
  datasetOf,
  openRegistry,
  register,
  registrationOf,
  tinyDataset,
  vectorsOf,
} from '../support/models/registry.ts';
import { LIMITS, type PartialSettings } from '../support/models/settings.ts';
import { LOANS, POINT_LABELS, POINTS } from '../support/models/variants.ts';
import { streamOf } from '../support/stores/bytes.ts';
import { sqliteDatabase, storeWith } from '../support/stores/databases.ts';

const randomFourier = { components: 30, scale: 1, seed: 1 };
const pair = (a: number[], b: number[]) => () => vectorsOf([a, b, a, b], ['x', 'y', 'x', 'y']);
const points = () => vectorsOf(POINTS, POINT_LABELS);
const loans = () => datasetOf(LOANS);
const csv =
  (text: string, ignore: string[] = []) =>
  () =>
    datasetFromCsv(streamOf(text), { target: 'y', ignore }, LIMITS);

interface Refusal {
  readonly why: string;
  readonly dataset: () => Promise<Dataset>;
  readonly settings?: PartialSettings;
  readonly limits?: Partial<typeof LIMITS>;
  readonly code: string;
  readonly says: string;
}

const REFUSALS: Refusal[] = [
  {
    why: 'partitions guard against changed rows and the table declares nothing',
    dataset: loans,
    settings: { partitions: { count: 3, threat: 'rows' } },
    code: 'invalid_settings',
    says: 'declare classes, columnTypes.income, columnTypes.months, columnTypes.job, columnTypes.owner',
  },
  {
    why: 'partitions guard against changed rows and one column is not declared',
    dataset: () =>
      datasetOf(LOANS, {
        columnTypes: { income: 'number', job: 'category', owner: 'boolean' },
        classes: ['bad', 'good'],
      }),
    settings: { partitions: { count: 3, threat: 'rows' } },
    code: 'invalid_settings',
    says: 'declare columnTypes.months',
  },
  {
    why: 'partitions guard against changed rows and the classes of ready-made features are not declared',
    dataset: points,
    settings: { partitions: { count: 3, threat: 'rows' } },
    code: 'invalid_settings',
    says: 'declare classes',
  },
  {
    why: 'each partition would have features of its own, too many together',
    dataset: () => vectorsOf(POINTS, POINT_LABELS, ['red', 'green', 'blue']),
    settings: { partitions: { count: 3, threat: 'rows' }, features: { randomFourier } },
    limits: { cells: 45 * 30 * 2 + 3 * 30 * 5 - 1 },
    code: 'too_many_cells',
    says: 'a feature map for each of 3 partitions the model has 3150 values, at most 3149',
  },
  {
    why: 'q is too large for the classes',
    dataset: points,
    settings: { noise: { q: 0.7 } },
    code: 'invalid_settings',
    says: 'noise.q: expected 0 < q < 2/3 for 3 classes, got 0.7',
  },
  {
    why: 'a threshold is asked for with three classes',
    dataset: points,
    settings: { rule: { kind: 'threshold', value: 0.5 } },
    code: 'invalid_settings',
    says: 'a threshold needs two classes',
  },
  {
    why: 'the positive class is unknown',
    dataset: loans,
    settings: { rule: { kind: 'threshold', value: 0.5, positive: 'perfect' } },
    code: 'invalid_settings',
    says: "rule.positive: 'perfect' is not one of the classes",
  },
  {
    why: 'lambda is lost beside duplicate features',
    dataset: pair([1, 1], [-1, -1]),
    settings: { lambda: { absolute: 1e-300 } },
    code: 'invalid_settings',
    says: 'lambda: too small',
  },
  {
    why: 'every column is constant',
    dataset: csv('x,z,y\n1,q,a\n1,q,b\n'),
    code: 'no_features',
    says: 'constant or ignored',
  },
  {
    why: 'every column is ignored',
    dataset: csv('x,y\n1,a\n2,b\n', ['x']),
    code: 'no_features',
    says: 'constant or ignored',
  },
  {
    why: 'the target is the only column',
    dataset: csv('y\na\nb\n'),
    code: 'no_features',
    says: 'nothing to learn',
  },
  { why: 'every value is missing', dataset: csv('x,y\n,a\n,b\n'), code: 'no_features', says: 'constant' },
  {
    why: 'ready-made features are constant and lambda is relative',
    dataset: pair([5, 0.1], [5, 0.1]),
    code: 'no_features',
    says: 'give an absolute one',
  },
  { why: 'feature vectors are empty', dataset: pair([], []), code: 'no_features', says: 'nothing to learn' },
  {
    why: 'random Fourier features have no distance to scale by',
    dataset: pair([1, 2], [1, 2]),
    settings: { features: { randomFourier } },
    code: 'invalid_settings',
    says: 'randomFourier: all sampled rows are equal',
  },
  {
    why: 'a value overflows single precision',
    dataset: csv('x,y\n1,a\n1e39,b\n'),
    settings: { features: { standardise: false } },
    code: 'not_finite',
    says: 'row 1',
  },
  {
    why: 'a column is too large to standardise',
    dataset: csv('x,y\n-1e308,a\n1e308,b\n'),
    code: 'not_finite',
    says: "column 'x'",
  },
  {
    why: 'there are too many features',
    dataset: loans,
    limits: { features: 7 },
    code: 'too_many_features',
    says: '8 features',
  },
  {
    why: 'there are too many cells',
    dataset: loans,
    limits: { cells: 479 },
    code: 'too_many_cells',
    says: '480 values',
  },
  {
    why: 'there are too many random Fourier features',
    dataset: loans,
    settings: { features: { randomFourier } },
    limits: { features: 29 },
    code: 'too_many_features',
    says: '30 features',
  },
];

describe('a registration is refused, and nothing is stored', () => {
  it.each(REFUSALS)('when $why', async ({ dataset, settings = {}, limits, code, says }) => {
    const store = await sqliteDatabase().open();
    const registry = await openRegistry(store, { ...LIMITS, ...limits });
    const error = await refusalOf(() => register(registry, 'm', dataset(), settings));
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
    expect([registry.list(), await store.list()]).toEqual([[], []]);
  });

  it('when a label is too long to be a name, without showing it', async () => {
    const registry = await openRegistry();
    const error = await refusalOf(() => register(registry, 'm', csv(`x,y\n1,${MARKER.repeat(25)}\n2,b\n`)()));
    expect(error.code).toBe('invalid_name');
  });
});

describe('a registration is accepted', () => {
  it('at its limits', async () => {
    const registry = await openRegistry(undefined, { ...LIMITS, rows: 60, features: 8, cells: 480 });
    expect((await register(registry, 'm', loans())).map.width).toBe(8);
  });

  it('with constant features and an absolute lambda: every prediction is then a tie', async () => {
    const registry = await openRegistry();
    const model = await register(registry, 'm', pair([5, 0.1], [5, 0.1])(), { lambda: { absolute: 1 } });
    expect(model.lambda).toBe(1);
  });
});

describe('a store that fails', () => {
  const cause = new Error(`disk full while writing ${MARKER}`);

  it('refuses the registration with store_failed; nothing is served, and the next one works', async () => {
    const store = await sqliteDatabase().open();
    let failing = true;
    const insert: typeof store.insert = (model, isUsable) =>
      failing ? Promise.reject(cause) : store.insert(model, isUsable);
    const registry = await openRegistry(storeWith(store, { insert }));
    const error = await refusalOf(() => register(registry, 'm', tinyDataset(1)));
    expect([error.code, error.status, error.cause]).toEqual(['store_failed', 503, cause]);
    expect(registry.list()).toEqual([]);
    expect((await refusalOf(() => registry.get('m'))).code).toBe('model_not_found');
    failing = false;
    const { model, created } = await registry.register(await registrationOf('m', tinyDataset(1)));
    expect([model.version, created, registry.get('m')]).toEqual([1, true, model]);
  });

  it('keeps serving a model that it failed to delete', async () => {
    const store = await sqliteDatabase().open();
    const registry = await openRegistry(storeWith(store, { delete: () => Promise.reject(cause) }));
    const model = await register(registry, 'm', tinyDataset(1));
    expect(await failureOf(() => registry.delete('m'))).toBeInstanceOf(Error);
    expect(await failureOf(() => registry.delete('m', 1))).toBeInstanceOf(Error);
    expect(registry.get('m')).toBe(model);
  });
});

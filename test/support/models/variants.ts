import type { Dataset } from '../../../src/ingest/dataset.ts';
import { SeededRandom } from '../../../src/kernel/seeded-random.ts';
import { datasetOf, vectorsOf } from './registry.ts';
import type { PartialSettings } from './settings.ts';
import { type PlainTable, typesOf } from './tables.ts';

const random = new SeededRandom(2026);
const pick = <T>(values: readonly T[]): T => values[random.below(values.length)]!;
const maybe = <T>(value: T): T | null => (random.uniform() < 0.15 ? null : value);
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, k) => make(k));

const ROWS = 60;
const income = many(ROWS, () => maybe(Math.round(900 + 400 * random.normal())));

/** Sixty loans: numbers, a category and a boolean, with missing values; the outcome follows the income, noisily. */
export const LOANS: PlainTable = {
  columns: [
    { name: 'income', type: 'number', cells: income },
    { name: 'months', type: 'number', cells: many(ROWS, () => 6 * (1 + random.below(8))) },
    { name: 'job', type: 'category', cells: many(ROWS, () => maybe(pick(['cook', 'actor', 'clerk']))) },
    { name: 'owner', type: 'boolean', cells: many(ROWS, () => random.uniform() < 0.4) },
  ],
  labels: income.map((value) => ((value ?? 900) + 300 * random.normal() > 900 ? 'good' : 'bad')),
};

export const LOAN_INSTANCES: Record<string, unknown>[] = [
  { income: 1500, months: 12, job: 'cook', owner: true },
  { income: 300, months: 48, job: 'actor', owner: false },
  { income: null, months: 24, job: null, owner: false },
  { income: 905, months: 6, job: 'pilot', owner: true, outcome: 'good' },
  { income: 1e6, months: null, job: 'clerk', owner: null },
  { income: 900, months: 24, job: '', owner: false },
];

const centres = [
  [2, 0, 0, 1],
  [0, 2, 0, -1],
  [-1, -1, 2, 0],
];
const point = (label: number) => centres[label]!.map((value) => value + random.normal());

/** Forty-five points of four features in three classes. */
export const POINTS = many(45, (row) => point(row % 3));
export const POINT_LABELS = many(45, (row) => ['red', 'green', 'blue'][row % 3]!);
export const POINT_INSTANCES: number[][] = [...many(8, (k) => point(k % 3)), [0, 0, 0, 0], POINTS[7]!];

/** A training set with settings, and instances to ask about. */
export interface Variant {
  readonly title: string;
  readonly dataset: () => Promise<Dataset>;
  readonly settings: PartialSettings;
  readonly instances: readonly unknown[];
}

const loans = (title: string, settings: PartialSettings): Variant => ({
  title: `loans, ${title}`,
  dataset: () => datasetOf(LOANS),
  settings,
  instances: LOAN_INSTANCES,
});
/** With all declared that a table has to declare against changed rows. */
const declaredLoans = (title: string, settings: PartialSettings): Variant => ({
  ...loans(title, settings),
  dataset: () => datasetOf(LOANS, { columnTypes: typesOf(LOANS), classes: ['bad', 'good'] }),
});
const points = (title: string, settings: PartialSettings, classes?: string[]): Variant => ({
  title: `points, ${title}`,
  dataset: () => vectorsOf(POINTS, POINT_LABELS, classes),
  settings,
  instances: POINT_INSTANCES,
});
const randomFourier = { components: 50, scale: 2, seed: 7 };

/** One of each thing that a model may store. */
export const VARIANTS: readonly Variant[] = [
  loans('as they are', {}),
  loans('with a threshold', { rule: { kind: 'threshold', value: 0.1, positive: 'bad' }, noise: { q: 0.1 } }),
  loans('with an intercept', {
    intercept: true,
    rule: { kind: 'threshold', value: 0.5 },
    lambda: { absolute: 3 },
  }),
  loans('not standardised, of unit norm', { features: { standardise: false, unitNorm: true } }),
  loans('after random Fourier features', { features: { randomFourier }, lambda: { relative: 0.1 } }),
  loans('by signs', { weights: 'sign', lambda: { relative: 100 } }),
  loans('clipped', { weights: { clip: 0.5 } }),
  points('as they are', {}),
  points('not centred', { centre: false, lambda: { absolute: 0.5 } }),
  points('standardised', { features: { standardise: true }, noise: { q: 0.05 } }),
  points('of unit norm, after random Fourier features', { features: { unitNorm: true, randomFourier } }),
  points('by the largest', { weights: { top: 12, rest: -0.5 } }),
  points('in another order of the classes', {}, ['red', 'green', 'blue']),
  loans('with partitions against labels', { partitions: { count: 4, threat: 'labels' } }),
  points('with partitions against labels, some empty', {
    partitions: { count: 25, threat: 'labels' },
    intercept: true,
    weights: 'sign',
  }),
  declaredLoans('with partitions against rows', { partitions: { count: 9, threat: 'rows' } }),
  points(
    'with partitions against rows, as they are',
    { partitions: { count: 7, threat: 'rows' }, weights: { top: 5, rest: -0.5 } },
    ['red', 'green', 'blue'],
  ),
  points(
    'with partitions against rows, after random Fourier features',
    { partitions: { count: 6, threat: 'rows' }, features: { standardise: true, randomFourier } },
    ['red', 'green', 'blue'],
  ),
];

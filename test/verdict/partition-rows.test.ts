import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/ingest/dataset.ts';
import { datasetFromFeatures, datasetFromRecords, datasetFromRows } from '../../src/ingest/json.ts';
import { piecesOf } from '../../src/kernel/memory/feature-rows.ts';
import type { Model } from '../../src/model/model.ts';
import type { Certified, RowPartitionResult } from '../../src/verdict/certified-prediction.ts';
import { randomFrom, shuffled } from '../support/brute-force/label-changes.ts';
import { choices, trained, trainedOrRefused, votedOn } from '../support/models/ensembles.ts';
import { bitsIn, certified } from '../support/models/registry.ts';
import { LIMITS, type PartialSettings } from '../support/models/settings.ts';
import { rowsOf, typesOf } from '../support/models/tables.ts';
import { LOAN_INSTANCES, LOANS } from '../support/models/variants.ts';

const COLUMNS = [...LOANS.columns.map(({ name }) => name), 'outcome'];
const CLASSES = ['bad', 'good'];
type Row = readonly unknown[];

/** Of loans, everything declared that has to be. */
const tableOf = (rows: readonly Row[]): Promise<Dataset> =>
  datasetFromRows(
    COLUMNS,
    rows,
    { target: 'outcome', columnTypes: typesOf(LOANS), classes: CLASSES },
    LIMITS,
  );

/** Of vectors whose last entry is the label. */
const vectorsOf = (rows: readonly Row[]): Promise<Dataset> =>
  datasetFromFeatures(
    rows.map((row) => row.slice(0, -1)),
    rows.map((row) => row.at(-1)),
    CLASSES,
    LIMITS,
  );

const loans = rowsOf(LOANS);
const of = (label: string, count: number) => loans.filter((row) => row.at(-1) === label).slice(0, count);
const randomFourier = { components: 6, scale: 1, seed: 3 };

interface Case {
  readonly title: string;
  readonly dataset: (rows: readonly Row[]) => Promise<Dataset>;
  readonly rows: readonly Row[];
  /** Rows that an attacker inserts: outliers, unseen levels, missing values, copies. */
  readonly pool: readonly Row[];
  readonly queries: readonly unknown[];
  readonly settings: PartialSettings;
}

const table = (title: string, settings: PartialSettings): Case => ({
  title: `a table ${title}`,
  dataset: tableOf,
  rows: [...of('good', 5), ...of('bad', 4)],
  pool: [
    [1e9, 1, 'forger', true, 'good'],
    [null, null, null, null, 'bad'],
    [900, 24, 'cook', false, 'bad'],
    loans[0]!.with(-1, loans[0]!.at(-1) === 'good' ? 'bad' : 'good'),
    loans[1]!,
  ],
  queries: LOAN_INSTANCES,
  settings,
});
const vectors = (title: string, settings: PartialSettings): Case => ({
  title: `vectors ${title}`,
  dataset: vectorsOf,
  rows: Array.from({ length: 9 }, (_, row) => [row - 4, (row * row) % 5, row > 3 ? 'good' : 'bad']),
  pool: [
    [1e6, -1e6, 'bad'],
    [0, 0, 'good'],
    [-4, 0, 'bad'],
    [3, 3, 'bad'],
  ],
  queries: [
    [4, 1],
    [-3, 2],
    [0, 0],
    [1e5, 1],
  ],
  settings,
});

const rows5 = { partitions: { count: 5, threat: 'rows' } } as const;
const CASES: Case[] = [
  table('as it is', rows5),
  table('with an intercept', { ...rows5, intercept: true, lambda: { absolute: 1 } }),
  table('not standardised, of unit norm', { ...rows5, features: { standardise: false, unitNorm: true } }),
  table('after random Fourier features', { ...rows5, features: { randomFourier }, intercept: true }),
  table('with a threshold', { ...rows5, rule: { kind: 'threshold', value: 0 }, weights: 'sign' }),
  table('with top weights', { ...rows5, weights: { top: 2, rest: -0.5 }, intercept: true }),
  table('in seven parts, clipped', { partitions: { count: 7, threat: 'rows' }, weights: { clip: 0.5 } }),
  vectors('as they are', rows5),
  vectors('not centred', { partitions: { count: 7, threat: 'rows' }, centre: false }),
  vectors('standardised', { ...rows5, features: { standardise: true } }),
  vectors('in two parts', { partitions: { count: 2, threat: 'rows' }, intercept: true }),
];

type Step = { readonly remove: number } | { readonly insert: Row; readonly at: number };

/** Deletions of any rows and insertions from the pool (any twice), at the start, in the middle or at the end. */
function stepsOf({ rows, pool }: Case): Step[] {
  const inserts = [...pool, ...pool].map((insert, k) => ({ insert, at: [0, 4, rows.length][k % 3]! }));
  return [...rows.keys()].map((remove): Step => ({ remove })).concat(inserts);
}

function attacked(rows: readonly Row[], steps: readonly Step[]): Row[] {
  const removed = new Set(steps.map((step) => ('remove' in step ? step.remove : -1)));
  const insertedAt = (place: number) =>
    steps.flatMap((step) => ('insert' in step && step.at === place ? [step.insert] : []));
  return [...rows, null].flatMap((row, place) => [
    ...insertedAt(place),
    ...(row === null || removed.has(place) ? [] : [row]),
  ]);
}

const proofOf = ({ certificate }: Certified) => certificate as RowPartitionResult;

describe('an ensemble against changed rows, trained anew after every attack', () => {
  it.each(CASES)(
    'predicts the same after as many insertions and deletions as certified: $title',
    async (of) => {
      const model = await trained(await of.dataset(of.rows), of.settings);
      const before = await certified(model, of.queries, { method: 'partition' });
      const most = Math.max(...before.map((result) => proofOf(result).insertionsOrDeletions));
      let attacks = 0;
      for (const steps of choices(stepsOf(of), most)) {
        const changed = await trainedOrRefused(of.dataset(attacked(of.rows, steps)), of.settings);
        if (changed === null) continue; // a refusal is no prediction
        attacks++;
        for (const [k, prediction] of (await votedOn(changed, of.queries)).entries()) {
          if (steps.length <= proofOf(before[k]!).insertionsOrDeletions) {
            expect(prediction).toBe(before[k]!.prediction);
          }
        }
      }
      expect(attacks).toBeGreaterThan(most === 0 ? 0 : 15);
    },
  );

  it('predicts the same after rewriting as many rows as certified, labels included', async () => {
    const of = table('', { partitions: { count: 9, threat: 'rows' } });
    const model = await trained(await of.dataset(of.rows), of.settings);
    const before = await certified(model, of.queries, { method: 'partition' });
    expect(Math.max(...before.map((result) => proofOf(result).rewrittenRows))).toBe(2);
    for (const chosen of choices([...of.rows.keys()], 2)) {
      for (const replacement of [...of.pool, 'flip'] as const) {
        const rows = of.rows.map((row, at) => {
          if (!chosen.includes(at)) return row;
          return replacement === 'flip' ? row.with(-1, row.at(-1) === 'good' ? 'bad' : 'good') : replacement;
        });
        const changed = await trainedOrRefused(of.dataset(rows), of.settings);
        if (changed === null) continue;
        for (const [k, prediction] of (await votedOn(changed, of.queries)).entries()) {
          const { flips, rewrittenRows } = proofOf(before[k]!);
          expect(flips).toBe(rewrittenRows);
          if (chosen.length <= rewrittenRows) expect(prediction).toBe(before[k]!.prediction);
        }
      }
    }
  });
});

/** Everything that a partition's votes come from, with its bits; rows by their cells, not by their numbers. */
function partitionsOf(model: Model): string[] {
  return model.ensemble!.members.map(({ rows, map: own, ridge }) => {
    const rowOf = (row: number) =>
      [...piecesOf(ridge!.features, row, row + 1)].flatMap(({ features }) => Array.from(features));
    const cells = ridge && [...(ridge.rowNumbers ?? rows.keys())].map(rowOf);
    return bitsIn({
      labels: [...rows].map((row) => model.labels[row]),
      state: own?.state ?? null,
      frequencies: Array.from(own?.fourier?.frequencies ?? []),
      fitted: ridge && [ridge.form, Array.from(ridge.means), Array.from(ridge.factor), cells],
    });
  });
}

describe('one inserted or deleted row', () => {
  it.each(CASES)('leaves every partition but one as it was, to the last bit: $title', async (of) => {
    const rows = of.dataset === tableOf ? loans.slice(0, 30) : of.rows;
    const before = partitionsOf(await trained(await of.dataset(rows), of.settings));
    let changes = 0;
    for (const step of stepsOf({ ...of, rows })) {
      const changed = await trainedOrRefused(of.dataset(attacked(rows, [step])), of.settings);
      if (changed === null) continue;
      const after = partitionsOf(changed);
      expect(after.filter((one, k) => one !== before[k])).toHaveLength(1);
      changes++;
    }
    expect(changes).toBeGreaterThan(8);
  });

  it('may come first as a record whose keys are in another order', async () => {
    const records = rowsOf(LOANS).map((row) => Object.fromEntries(row.map((cell, c) => [COLUMNS[c]!, cell])));
    const options = { target: 'outcome', columnTypes: typesOf(LOANS), classes: CLASSES };
    const settings: PartialSettings = { partitions: { count: 6, threat: 'rows' } };
    const inserted = Object.fromEntries(Object.entries({ ...records[0], income: 12 }).toReversed());
    const before = partitionsOf(await trained(await datasetFromRecords(records, options, LIMITS), settings));
    const changed = await datasetFromRecords([inserted, ...records], options, LIMITS);
    const after = partitionsOf(await trained(changed, settings));
    expect(changed.data.kind === 'table' && changed.data.columns[0]!.name).toBe('owner');
    expect(after.filter((one, k) => one !== before[k])).toHaveLength(1);
  });

  it('leaves it to the votes whether an instance overflows in a partition: no refusal', async () => {
    // Two values apart by 1e-30 in one partition's column: standardising 1e10 by them overflows single precision.
    const rows = Array.from(
      { length: 12 },
      (_, row): Row => [row % 2 === 0 ? 1e-30 : 2e-30, row, 'cook', true, CLASSES[row % 2]],
    );
    const settings: PartialSettings = { partitions: { count: 3, threat: 'rows' } };
    const query = { income: 1e10, months: 3, job: 'cook', owner: true };
    const model = await trained(await tableOf(rows), settings);
    await expect(certified(model, [query])).rejects.toThrow('overflows');
    const [result] = await certified(model, [query], { method: 'partition' });
    expect(result!.scores).toEqual({ bad: 3, good: 0 }); // nothing to go by: the tie goes to the first class
    const tamed = await trained(await tableOf([[1, 1, 'cook', true, 'bad'], ...rows]), settings);
    const [after] = await certified(tamed, [query], { method: 'partition' });
    expect(after!.scores.bad).toBeGreaterThanOrEqual(2);
  });

  it('may be anywhere: only the rows count, not their order', async () => {
    const random = randomFrom(11);
    const settings: PartialSettings = {
      partitions: { count: 6, threat: 'rows' },
      features: { randomFourier },
    };
    const twice = [...loans, ...loans.slice(0, 9)];
    const before = partitionsOf(await trained(await tableOf(twice), settings));
    for (let shuffle = 0; shuffle < 4; shuffle++) {
      const after = partitionsOf(await trained(await tableOf(shuffled(twice, random)), settings));
      expect(after).toEqual(before);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datasetFromCsv } from '../../src/ingest/csv.ts';
import type { Dataset } from '../../src/ingest/dataset.ts';
import { datasetFromRecords, datasetFromRows } from '../../src/ingest/json.ts';
import { datasetFromNdjson } from '../../src/ingest/ndjson.ts';
import { contentOf } from '../../src/model/content.ts';
import { digestOf } from '../support/models/digest.ts';
import { datasetOf, vectorsOf } from '../support/models/registry.ts';
import { completeFrom, LIMITS, type PartialSettings } from '../support/models/settings.ts';
import { whole } from '../support/models/steps.ts';
import {
  columnNames,
  csvOf,
  ndjsonOf,
  type PlainTable,
  recordsOf,
  rowsOf,
  TARGET,
  tablesArbitrary,
  typesOf,
} from '../support/models/tables.ts';
import { bytesOf, cutAt, cutsArbitrary, streamOf } from '../support/stores/bytes.ts';

function digest(dataset: Dataset, settings: PartialSettings = {}): string {
  const complete = completeFrom(settings, dataset.labels.classes, dataset.data.kind);
  return whole(contentOf(dataset, complete)).digest;
}

const TABLE: PlainTable = {
  columns: [
    { name: 'income', type: 'number', cells: [1.5, null, -2] },
    { name: 'job', type: 'category', cells: ['cook', null, 'actor'] },
    { name: 'owner', type: 'boolean', cells: [true, false, null] },
  ],
  labels: ['good', 'bad', 'good'],
};
const VECTORS = [
  [0.1, -0],
  [3, 4.5],
  [1e-60, 2],
];
const LABELS = ['good', 'bad', 'good'];

describe('the digest', () => {
  it('is the one that digest.py computes from docs/digest.md', async () => {
    expect(digest(await datasetOf(TABLE, { ignore: ['job'] }))).toBe(
      'sha256:9a1d8af783644761e1635dd8667ec80148997f7ec7f1709f9de7f327dc1ab5ab',
    );
    expect(digest(await vectorsOf(VECTORS, LABELS, ['good', 'bad']))).toBe(
      'sha256:e176e85a38bb766c1115bb58f529fb3fa3f00f3d47d1af99b9c0d9c676a90391',
    );
  });

  it('has one zero: -0 in a table or a vector, also what rounds to it, is registered as 0', async () => {
    const numbers = (cells: number[]): PlainTable => ({
      columns: [{ name: 'x', type: 'number', cells }],
      labels: LABELS,
    });
    const zero = digest(await datasetOf(numbers([0, 1, 2])));
    expect(digest(await datasetOf(numbers([-0, 1, 2])))).toBe(zero);
    const csv = (cell: string) =>
      datasetFromCsv(
        streamOf(Buffer.from(`x,${TARGET}\n${cell},good\n1,bad\n2,good\n`)),
        { target: TARGET },
        LIMITS,
      );
    expect(digest(await csv('-0.0'))).toBe(zero);
    const vectors = async (first: number) => digest(await vectorsOf([[first], [1], [2]], LABELS));
    expect(await vectors(-0)).toBe(await vectors(0));
    expect(await vectors(-1e-60)).toBe(await vectors(0));
  });

  it('is that of docs/digest.md for any table, and leaves nothing of the manifest open', async () => {
    await fc.assert(
      fc.asyncProperty(tablesArbitrary, fc.boolean(), async (table, ignoreFirst) => {
        const ignored = ignoreFirst ? [table.columns[0]!.name] : [];
        const dataset = await datasetOf(table, { ignore: ignored, columnTypes: typesOf(table) });
        const { classes } = dataset.labels;
        const settings = completeFrom({}, classes);
        const content = whole(contentOf(dataset, settings));
        expect(content.digest).toBe(digestOf(table, { classes, ignored, target: TARGET, settings }));
        expect([...content.parts.keys()].sort()).toEqual(['labels', 'manifest', 'table']);
      }),
      { seed: 311, numRuns: 100 },
    );
  });

  it('is the same for CSV, NDJSON, rows and records', async () => {
    const typed = fc.boolean();
    await fc.assert(
      fc.asyncProperty(tablesArbitrary, typed, cutsArbitrary, async (table, declared, cuts) => {
        const options = { target: TARGET, ...(declared && { columnTypes: typesOf(table) }) };
        const stream = (text: string) => streamOf(...cutAt(bytesOf(text), cuts));
        const datasets = await Promise.all([
          datasetFromRows(columnNames(table), rowsOf(table), options, LIMITS),
          datasetFromRecords(recordsOf(table), options, LIMITS),
          datasetFromNdjson(stream(ndjsonOf(table)), options, LIMITS),
          datasetFromCsv(stream(csvOf(table)), options, LIMITS),
        ]);
        expect(new Set(datasets.map((dataset) => digest(dataset))).size).toBe(1);
      }),
      { seed: 312, numRuns: 100 },
    );
  });

  it('does not depend on where the target stands, or on how a type or the classes were found', async () => {
    const rows = rowsOf(TABLE).map((cells) => [cells[3], ...cells.slice(0, 3)]);
    const front = [TARGET, 'income', 'job', 'owner'];
    const expected = digest(await datasetOf(TABLE));
    expect(digest(await datasetFromRows(front, rows, { target: TARGET }, LIMITS))).toBe(expected);
    expect(digest(await datasetOf(TABLE, { columnTypes: typesOf(TABLE) }))).toBe(expected);
    expect(digest(await datasetOf(TABLE, { classes: ['bad', 'good'] }))).toBe(expected);
    expect(digest(await datasetOf(TABLE), { noise: { q: 0.2 }, features: { standardise: true } })).toBe(
      expected,
    );
  });

  it('does not depend on the order in which columns are ignored', async () => {
    const one = await datasetOf(TABLE, { ignore: ['job', 'owner'] });
    const other = await datasetOf(TABLE, { ignore: ['owner', 'job'] });
    expect(digest(other)).toBe(digest(one));
  });

  const column = (index: number, change: Partial<PlainTable['columns'][number]>): PlainTable => ({
    ...TABLE,
    columns: TABLE.columns.map((one, k) => (k === index ? { ...one, ...change } : one)),
  });
  const swapped = { columns: TABLE.columns.toReversed(), labels: TABLE.labels };

  it('is another for any change of the data, its types, its names or its order', async () => {
    const datasets = [
      datasetOf(TABLE),
      datasetOf(column(0, { cells: [1.5, null, -2.0000000000000004] })),
      datasetOf(column(0, { cells: [1.5, 0, -2] })),
      datasetOf(column(0, { name: 'Income' })),
      datasetOf(column(1, { cells: ['cook', 'actor', 'actor'] })),
      datasetOf(column(1, { cells: ['cook', null, 'Actor'] })),
      datasetOf(column(2, { cells: [true, true, null] })),
      datasetOf(column(2, { cells: [1, 0, null] })),
      datasetOf(TABLE, { columnTypes: { income: 'category' } }),
      datasetOf(TABLE, { columnTypes: { owner: 'category' } }),
      datasetOf(TABLE, { ignore: ['job'] }),
      datasetOf(TABLE, { ignore: ['owner'] }),
      datasetOf(TABLE, { classes: ['good', 'bad'] }),
      datasetOf({ ...TABLE, labels: ['good', 'bad', 'bad'] }),
      datasetOf({ ...TABLE, labels: ['fine', 'bad', 'fine'] }),
      datasetOf(swapped),
      datasetFromRows(['income', 'job', 'owner', 'result'], rowsOf(TABLE), { target: 'result' }, LIMITS),
      vectorsOf(VECTORS, LABELS),
      vectorsOf([VECTORS[1]!, VECTORS[0]!, VECTORS[2]!], LABELS),
      vectorsOf(
        VECTORS.flat().map((value) => [value]),
        [...LABELS, ...LABELS],
      ),
    ];
    const digests = (await Promise.all(datasets)).map((dataset) => digest(dataset));
    expect(new Set(digests).size).toBe(datasets.length);
  });

  it('is another for any change of the settings', async () => {
    const dataset = await datasetOf(TABLE);
    const randomFourier = { components: 10, scale: 1, seed: 1 };
    const settings: PartialSettings[] = [
      {},
      { centre: false },
      { intercept: true },
      { lambda: { relative: 2 } },
      { lambda: { absolute: 1 } },
      { rule: { kind: 'threshold', value: 0.5 } },
      { rule: { kind: 'threshold', value: 0.25 } },
      { rule: { kind: 'threshold', value: 0.5, positive: 'bad' } },
      { noise: { q: 0.1 } },
      { features: { standardise: false } },
      { features: { unitNorm: true } },
      { features: { randomFourier } },
      { features: { randomFourier: { ...randomFourier, components: 11 } } },
      { features: { randomFourier: { ...randomFourier, scale: 2 } } },
      { features: { randomFourier: { ...randomFourier, seed: 2 } } },
    ];
    expect(new Set(settings.map((one) => digest(dataset, one))).size).toBe(settings.length);
    const named: PartialSettings = { rule: { kind: 'threshold', value: 0.5, positive: 'good' } };
    expect(digest(dataset, named)).toBe(digest(dataset, { rule: { kind: 'threshold', value: 0.5 } }));
  });
});

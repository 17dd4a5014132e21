import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datasetFromCsv } from '../../src/ingest/csv.ts';
import { datasetFromNdjson } from '../../src/ingest/ndjson.ts';
import { datasetFromParquet } from '../../src/ingest/parquet/parquet.ts';
import { contentOf } from '../../src/model/content.ts';
import { CODECS, parquetOf, parquetOfTable } from '../support/models/parquet-files.ts';
import { failureOf, refusalOf } from '../support/models/refusal.ts';
import { completeFrom, LIMITS } from '../support/models/settings.ts';
import { whole } from '../support/models/steps.ts';
import {
  csvOf,
  ndjsonOf,
  type PlainTable,
  TARGET,
  tablesArbitrary,
  typesOf,
} from '../support/models/tables.ts';
import { cutAt, cutsArbitrary, failingStream, streamOf } from '../support/stores/bytes.ts';

const GOLDEN = join(import.meta.dirname, '../golden/parquet');

describe('a Parquet file', () => {
  it('gives the dataset of the same table as NDJSON, in any codec, encoding, page and row group size', async () => {
    const layout = fc.record({
      codec: fc.constantFrom(...CODECS),
      rowGroupSize: fc.integer({ min: 1, max: 30 }),
      pageSize: fc.constantFrom(8, 50, 2 ** 20),
    });
    const encoding = fc.constantFrom('PLAIN', 'RLE_DICTIONARY', undefined);
    await fc.assert(
      fc.asyncProperty(
        tablesArbitrary,
        layout,
        encoding,
        cutsArbitrary,
        async (table, options, how, cuts) => {
          const want = { target: TARGET, columnTypes: typesOf(table) };
          const file = parquetOfTable(table, options, how as 'PLAIN' | undefined);
          const got = await datasetFromParquet(streamOf(...cutAt(file, cuts)), want, LIMITS);
          expect(got).toEqual(await datasetFromNdjson(streamOf(ndjsonOf(table)), want, LIMITS));
        },
      ),
      { seed: 61, numRuns: 200 },
    );
  });

  it('has the digest of the same table as CSV and NDJSON, integers included', async () => {
    const cells = [3, -1, null, 2 ** 40, 0, 7];
    const labels = ['a', 'b', 'a', 'a', 'b', 'b'];
    const categories = ['x', null, 'é😀', 'two\nlines', '\ufeffx', 'x'];
    const table: PlainTable = {
      columns: [
        { name: 'count', type: 'number', cells },
        { name: 'rate', type: 'number', cells: [0.5, 0.1, 1e300, null, -2.25, 5e-324] },
        { name: 'kind', type: 'category', cells: categories },
        { name: 'owner', type: 'boolean', cells: [true, false, null, true, true, false] },
      ],
      labels,
    };
    const parquet = parquetOf({
      columnData: [
        { name: 'count', type: 'INT64', data: cells.map((cell) => (cell === null ? null : BigInt(cell))) },
        ...table.columns.slice(1).map(({ name, cells: data }, c) => ({
          name,
          type: (['DOUBLE', 'STRING', 'BOOLEAN'] as const)[c]!,
          data: [...data],
        })),
        { name: TARGET, type: 'STRING', data: labels },
      ],
    });
    const options = { target: TARGET };
    const datasets = await Promise.all([
      datasetFromParquet(streamOf(parquet), options, LIMITS),
      datasetFromNdjson(streamOf(ndjsonOf(table)), options, LIMITS),
      datasetFromCsv(streamOf(csvOf(table)), options, LIMITS),
    ]);
    const settings = completeFrom({}, datasets[0].labels.classes);
    const digests = new Set(datasets.map((dataset) => whole(contentOf(dataset, settings)).digest));
    expect(digests.size).toBe(1);
  });

  it('passes on the error of a source that fails', async () => {
    const error = new Error('the connection was lost');
    const act = () => datasetFromParquet(failingStream(error, 'PAR1'), { target: 'y' }, LIMITS);
    expect(await failureOf(act)).toBe(error);
  });

  it('is refused without rows or target, or with a column twice', async () => {
    const refusal = (file: Uint8Array) =>
      refusalOf(() => datasetFromParquet(streamOf(file), { target: 'y' }, LIMITS));
    const empty = parquetOf({ columnData: [{ name: 'y', type: 'STRING', data: [] }] });
    expect((await refusal(empty)).code).toBe('no_rows');
    const other = parquetOf({ columnData: [{ name: 'z', type: 'STRING', data: ['a'] }] });
    expect((await refusal(other)).code).toBe('unknown_column');
    const twice = parquetOf({
      columnData: ['y', 'y'].map((name) => ({ name, type: 'STRING', data: ['a'] })),
    });
    expect((await refusal(twice)).code).toBe('duplicate_column');
  });

  it('gives other work a turn between pages', async () => {
    const column = Array.from({ length: 400_000 }, (_, i) => (i * 7919) % 1000003);
    const names = ['a', 'b', 'c'];
    const file = parquetOf({
      columnData: [...names, 'y'].map((name) => ({
        name,
        type: 'INT32',
        data: name === 'y' ? column.map((i) => i % 2) : column,
      })),
    });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await datasetFromParquet(streamOf(file), { target: 'y' }, LIMITS);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });
});

describe('Parquet files of other writers', () => {
  const files = readdirSync(GOLDEN).filter((name) => name.endsWith('.parquet'));
  const ndjson = readFileSync(join(GOLDEN, 'table.ndjson'));

  it.each(files)('%s reads as its table', async (name) => {
    const options = { target: 'outcome' };
    const want = await datasetFromNdjson(streamOf(ndjson), options, LIMITS);
    expect(want.data).toMatchObject({ rows: 60, columns: { length: 12 } });
    const file = readFileSync(join(GOLDEN, name));
    expect(await datasetFromParquet(streamOf(file), options, LIMITS)).toEqual(want);
  });
});

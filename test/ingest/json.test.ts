import { describe, expect, it } from 'vitest';
import { datasetFromFeatures, datasetFromRecords, datasetFromRows } from '../../src/ingest/json.ts';
import { MARKER, NUMBER_MARKER, refusalOf } from '../support/models/refusal.ts';
import { LIMITS } from '../support/models/settings.ts';

const TARGET = { target: 'y' };
const fromRows = (rows: unknown[], limits = LIMITS) => datasetFromRows(['x', 'y'], rows, TARGET, limits);
const fromRecords = (records: unknown[], limits = LIMITS) => datasetFromRecords(records, TARGET, limits);
const fromFeatures = (features: unknown[], labels: unknown[], limits = LIMITS) =>
  datasetFromFeatures(features, labels, undefined, limits);

describe('rows and records', () => {
  const rows = [
    [1, 'a'],
    [2, 'b'],
  ];
  const records = [
    { x: 1, y: 'a' },
    { y: 'b', x: 2 },
  ];

  it('give the same dataset', async () => {
    expect(await fromRecords(records)).toEqual(await fromRows(rows));
  });

  it('are as many as the limit at most', async () => {
    const two = { ...LIMITS, rows: 2 };
    expect((await fromRows(rows, two)).data.rows).toBe(2);
    expect((await fromRecords(records, two)).data.rows).toBe(2);
    for (const act of [
      () => fromRows([...rows, [3, 'a']], two),
      () => fromRecords([...records, { x: 3, y: 'a' }], two),
    ]) {
      expect((await refusalOf(act)).code).toBe('too_many_rows');
    }
  });

  it('are refused when there is none', async () => {
    expect((await refusalOf(() => fromRows([]))).code).toBe('no_rows');
    expect((await refusalOf(() => fromRecords([]))).code).toBe('no_rows');
  });

  it.each([
    ['null', null],
    ['a string', MARKER],
    ['a number', NUMBER_MARKER],
    ['an object', { x: MARKER, y: 'a' }],
  ])('are refused when a row is %s', async (got, row) => {
    expect(await refusalOf(() => fromRows([...rows, row]))).toMatchObject({
      code: 'wrong_type',
      message: `row 2: expected an array of values, got ${got}`,
    });
  });

  it.each([
    ['null', null],
    ['a string', MARKER],
    ['an array', [NUMBER_MARKER, 'a']],
  ])('are refused when a record is %s', async (got, record) => {
    expect(await refusalOf(() => fromRecords([...records, record]))).toMatchObject({
      code: 'wrong_type',
      message: `row 2: expected a record, got ${got}`,
    });
    expect((await refusalOf(() => fromRecords([record]))).message).toContain('row 0');
  });

  it('are refused when a record has other columns than the first', async () => {
    expect((await refusalOf(() => fromRecords([...records, { x: 1 }]))).code).toBe('missing_column');
    expect((await refusalOf(() => fromRecords([...records, { x: 1, y: 'a', z: 1 }]))).code).toBe(
      'unknown_column',
    );
  });

  it('leave turns to others while they are read', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await fromRows(Array.from({ length: 60_000 }, (_, row) => [row, row % 2 === 0 ? 'a' : 'b']));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});

describe('ready-made features', () => {
  it('are rounded to single precision, -0 to 0, row after row', async () => {
    const dataset = await fromFeatures(
      [
        [0.1, -0],
        [1e-60, 3],
      ],
      ['b', 'a'],
    );
    expect(dataset.data).toEqual({
      kind: 'vectors',
      rows: 2,
      width: 2,
      values: Float32Array.from([0.1, 0, 0, 3]),
    });
    expect(dataset.labels).toEqual({ classes: ['a', 'b'], codes: Int32Array.from([1, 0]) });
    expect([dataset.target, dataset.ignored, dataset.warnings]).toEqual([null, [], []]);
  });

  it.each([
    { features: [], labels: [], code: 'no_rows', says: 'got none' },
    { features: [[1]], labels: ['a', 'b'], code: 'row_length', says: 'expected 1 labels' },
    { features: [[1], [2]], labels: ['a'], code: 'row_length', says: 'expected 2 labels' },
    {
      features: [[1], [2, NUMBER_MARKER]],
      labels: ['a', 'b'],
      code: 'row_length',
      says: 'row 1: expected 1',
    },
    { features: [[1], [MARKER]], labels: ['a', 'b'], code: 'wrong_type', says: 'row 1, feature 0' },
    { features: [[1], [null]], labels: ['a', 'b'], code: 'wrong_type', says: 'got null' },
    { features: [[1], MARKER], labels: ['a', 'b'], code: 'wrong_type', says: 'row 1: expected an array' },
    { features: [MARKER], labels: ['a'], code: 'wrong_type', says: 'row 0: expected an array' },
    { features: [[1], [1e39]], labels: ['a', 'b'], code: 'not_finite', says: 'row 1, feature 0' },
    { features: [[Number.NaN]], labels: ['a'], code: 'not_finite', says: 'row 0, feature 0' },
    { features: [[1], [2]], labels: ['a', null], code: 'missing_label', says: 'row 1' },
    { features: [[1], [2]], labels: [MARKER, MARKER], code: 'one_class', says: 'two classes' },
  ])('are refused with $code: $says', async ({ features, labels, code, says }) => {
    const error = await refusalOf(() => fromFeatures(features, labels));
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
  });

  it('are as many rows as the limit at most', async () => {
    const error = await refusalOf(() =>
      fromFeatures([[1], [2], [3]], ['a', 'b', 'a'], { ...LIMITS, rows: 2 }),
    );
    expect(error.code).toBe('too_many_rows');
  });

  it('are refused before their memory is taken when the first vector is long and the others are not', async () => {
    const rows = 100_000;
    const none: number[] = [];
    const features = [new Array<number>(rows).fill(0), ...new Array<number[]>(rows - 1).fill(none)];
    const error = await refusalOf(() => fromFeatures(features, new Array<string>(rows).fill('a')));
    expect(error.status).toBe(422);
  });
});

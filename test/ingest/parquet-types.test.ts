import type { SchemaElement } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { cellAt } from '../../src/features/column.ts';
import { datasetFromParquet } from '../../src/ingest/parquet/parquet.ts';
import { parquetOf, withFooter } from '../support/models/parquet-files.ts';
import { MARKER, refusalOf } from '../support/models/refusal.ts';
import { LIMITS } from '../support/models/settings.ts';
import { streamOf } from '../support/stores/bytes.ts';

type Element = Omit<SchemaElement, 'name'>;
type Values = unknown[];

const LABELS = { name: 'y', data: ['a', 'b', 'a'] };
const Y: SchemaElement = {
  name: 'y',
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: 'REQUIRED',
};

/** A file with a column x of any type, and labels. */
function fileOf(element: Element, data: Values): Uint8Array {
  const x = { repetition_type: 'OPTIONAL', ...element, name: 'x' } as const;
  return parquetOf({
    schema: [{ name: 'root', num_children: 2 }, x, Y],
    columnData: [{ name: 'x', data }, LABELS],
  });
}

const read = (file: Uint8Array, options = {}) =>
  datasetFromParquet(streamOf(file), { target: 'y', ...options }, LIMITS);

async function cellsOf(file: Uint8Array, options = {}) {
  const { data } = await read(file, options);
  if (data.kind !== 'table') throw new Error('expected a table');
  const column = data.columns[0]!;
  return [column.type, ...[0, 1, 2].map((row) => cellAt(column, row))];
}

const unscaled = (element: Element, ...values: Values) =>
  withFooter(fileOf(element, values), ({ schema }) => {
    Object.assign(schema[1]!, { converted_type: 'DECIMAL', precision: 9, scale: 2 });
  });

describe('a Parquet column', () => {
  it.each<[string, Element, Values, Values]>([
    ['BOOLEAN', { type: 'BOOLEAN' }, [true, null, false], ['boolean', true, null, false]],
    ['INT32', { type: 'INT32' }, [-(2 ** 31), null, 7], ['number', -(2 ** 31), null, 7]],
    ['INT64', { type: 'INT64' }, [-(2n ** 53n), null, 7n], ['number', -(2 ** 53), null, 7]],
    ['INT64 beyond 2^53 that is exact', { type: 'INT64' }, [2n ** 62n, 0n, 1n], ['number', 2 ** 62, 0, 1]],
    ['INT_8', { type: 'INT32', converted_type: 'INT_8' }, [-128, null, 127], ['number', -128, null, 127]],
    [
      'UINT_32',
      { type: 'INT32', converted_type: 'UINT_32' },
      [2 ** 32 - 1, null, 1],
      ['number', 2 ** 32 - 1, null, 1],
    ],
    [
      'UINT_64',
      { type: 'INT64', converted_type: 'UINT_64' },
      [2n ** 63n, null, 1n],
      ['number', 2 ** 63, null, 1],
    ],
    [
      'an unsigned INTEGER',
      { type: 'INT32', logical_type: { type: 'INTEGER', bitWidth: 32, isSigned: false } },
      [2 ** 32 - 1, null, 1],
      ['number', 2 ** 32 - 1, null, 1],
    ],
    [
      'NULL',
      { type: 'INT32', logical_type: { type: 'NULL' } },
      [null, null, null],
      ['number', null, null, null],
    ],
    ['FLOAT', { type: 'FLOAT' }, [0.1, null, -2.5], ['number', Math.fround(0.1), null, -2.5]],
    ['DOUBLE', { type: 'DOUBLE' }, [0.1, null, 1e308], ['number', 0.1, null, 1e308]],
    [
      'FLOAT16',
      { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' } },
      [0.5, null, -2],
      ['number', 0.5, null, -2],
    ],
    ['UTF8', { type: 'BYTE_ARRAY', converted_type: 'UTF8' }, ['x', null, 'é'], ['category', 'x', null, 'é']],
    [
      'STRING',
      { type: 'BYTE_ARRAY', logical_type: { type: 'STRING' } },
      [Buffer.from('1'), null, Buffer.from('')],
      ['category', '1', null, null],
    ],
    [
      'ENUM',
      { type: 'BYTE_ARRAY', converted_type: 'ENUM' },
      [Buffer.from('x'), null, Buffer.from('y')],
      ['category', 'x', null, 'y'],
    ],
    [
      'JSON',
      { type: 'BYTE_ARRAY', converted_type: 'JSON' },
      [{ a: 1 }, null, 2],
      ['category', '{"a":1}', null, '2'],
    ],
  ])('of type %s becomes what JSON would have', async (_, element, data, want) => {
    expect(await cellsOf(fileOf(element, data))).toEqual(want);
  });

  it.each<[string, Uint8Array]>([
    ['INT32', unscaled({ type: 'INT32' }, 1234, null, -5)],
    ['INT64', unscaled({ type: 'INT64' }, 1234n, null, -5n)],
    ['BYTE_ARRAY', unscaled({ type: 'BYTE_ARRAY' }, Uint8Array.of(4, 0xd2), null, Uint8Array.of(0xfb))],
    [
      'FIXED_LEN_BYTE_ARRAY',
      unscaled(
        { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 3 },
        Uint8Array.of(0, 4, 0xd2),
        null,
        Uint8Array.of(255, 255, 0xfb),
      ),
    ],
  ])('of decimals in %s becomes the nearest doubles', async (_, file) => {
    expect(await cellsOf(file)).toEqual(['number', 12.34, null, -0.05]);
  });

  it.each<[string, Element, Values]>([
    ['DATE Parquet type INT32', { type: 'INT32', converted_type: 'DATE' }, [new Date(0), null, null]],
    ['TIME Parquet type INT32', { type: 'INT32', converted_type: 'TIME_MILLIS' }, [1, null, 2]],
    [
      'TIMESTAMP Parquet type INT64',
      { type: 'INT64', converted_type: 'TIMESTAMP_MICROS' },
      [new Date(0), null, null],
    ],
    [
      'TIMESTAMP Parquet type INT64',
      { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } },
      [1n, null, 2n],
    ],
    ['the Parquet type BYTE_ARRAY', { type: 'BYTE_ARRAY' }, [Buffer.from(MARKER), null, null]],
    [
      'BSON Parquet type BYTE_ARRAY',
      { type: 'BYTE_ARRAY', converted_type: 'BSON' },
      [Buffer.from(MARKER), null, null],
    ],
    [
      'UUID Parquet type FIXED_LEN_BYTE_ARRAY',
      { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } },
      [new Uint8Array(16), null, null],
    ],
    [
      'the Parquet type FIXED_LEN_BYTE_ARRAY',
      { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 4 },
      [new Uint8Array(4), null, null],
    ],
  ])('is refused when it has %s', async (what, element, data) => {
    const { code, message } = await refusalOf(() => read(fileOf(element, data)));
    expect(code).toBe('wrong_type');
    expect(message).toContain(`column 'x' has `);
    expect(message).toContain(what);
    expect(message).toContain('leave it out of the file');
  });

  it.each<[string, SchemaElement[], unknown[]]>([
    [
      'the LIST Parquet type GROUP',
      [
        { name: 'x', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'INT32', repetition_type: 'OPTIONAL' },
      ],
      [[1, 2], [], [3]],
    ],
    [
      'the Parquet type GROUP',
      [
        { name: 'x', repetition_type: 'OPTIONAL', num_children: 2 },
        { name: 'a', type: 'INT32', repetition_type: 'OPTIONAL' },
        { name: 'b', type: 'INT32', repetition_type: 'OPTIONAL' },
      ],
      [
        { a: 1, b: 2 },
        { a: 1, b: 2 },
        { a: 1, b: 2 },
      ],
    ],
    [
      'the MAP Parquet type GROUP',
      [
        { name: 'x', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'MAP' },
        { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
        { name: 'key', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'value', type: 'INT32', repetition_type: 'OPTIONAL' },
      ],
      [{ a: 1 }, {}, { b: 2 }],
    ],
  ])('is refused when it has %s, ignored or not', async (what, elements, data) => {
    const schema = [{ name: 'root', num_children: 2 }, ...elements, Y];
    const file = parquetOf({ schema, columnData: [{ name: 'x', data }, LABELS] });
    for (const ignore of [[], ['x']]) {
      const { code, message } = await refusalOf(() => read(file, { ignore }));
      expect(code).toBe('wrong_type');
      expect(message).toContain(what);
    }
  });

  it('is refused when it is repeated', async () => {
    const file = withFooter(fileOf({ type: 'INT32' }, [1, 2, 3]), ({ schema }) => {
      schema[1]!.repetition_type = 'REPEATED';
    });
    expect((await refusalOf(() => read(file))).message).toContain('a repeated Parquet type INT32');
  });

  it.each<[string, Element, Values, string, string]>([
    [
      'NaN',
      { type: 'DOUBLE' },
      [1, Number.NaN, 2],
      'not_finite',
      "row 1, column 'x': expected a finite number",
    ],
    ['an infinite float', { type: 'FLOAT' }, [1, 2, Infinity], 'not_finite', "row 2, column 'x'"],
    [
      'an integer that no double holds',
      { type: 'INT64' },
      [1n, null, 2n ** 53n + 1n],
      'wrong_type',
      "row 2, column 'x': expected an integer that double precision holds exactly",
    ],
    [
      'text that is not UTF-8',
      { type: 'BYTE_ARRAY', logical_type: { type: 'STRING' } },
      [Buffer.from('a'), Buffer.from(`${MARKER}é`, 'latin1'), null],
      'invalid_encoding',
      "row 1, column 'x'",
    ],
  ])('is refused when it holds %s', async (_, element, data, code, says) => {
    const error = await refusalOf(() => read(fileOf(element, data)));
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
  });

  it.each<[string, Element, Values, Values]>([
    [
      'a date as its number of days',
      { type: 'INT32', converted_type: 'DATE' },
      [new Date(86_400_000), null, null],
      ['number', 1, null, null],
    ],
    [
      'large integers as texts',
      { type: 'INT64' },
      [1n, null, 2n ** 53n + 1n],
      ['category', '1', null, '9007199254740993'],
    ],
    [
      'numbers that are not finite as texts',
      { type: 'DOUBLE' },
      [1, Number.NaN, null],
      ['category', '1', 'NaN', null],
    ],
  ])('that is ignored keeps %s', async (_, element, data, want) => {
    expect(await cellsOf(fileOf(element, data), { ignore: ['x'] })).toEqual(want);
  });

  it('may be the target, whatever its type', async () => {
    const target = (element: Element, data: Values) => read(fileOf(element, data), { target: 'x' });
    expect((await target({ type: 'INT64' }, [1n, 0n, 1n])).labels.classes).toEqual(['0', '1']);
    expect((await target({ type: 'BOOLEAN' }, [true, false, true])).labels.classes).toEqual([
      'false',
      'true',
    ]);
    const missing = await refusalOf(() => target({ type: 'INT32' }, [1, null, 0]));
    expect([missing.code, missing.message]).toEqual(['missing_label', 'row 1: expected a label, got none']);
  });

  it('is read as the type declared for it, where it fits', async () => {
    const file = fileOf({ type: 'INT32' }, [1, null, 2]);
    expect(await cellsOf(file, { columnTypes: { x: 'category' } })).toEqual(['category', '1', null, '2']);
    expect((await refusalOf(() => read(file, { columnTypes: { x: 'boolean' } }))).code).toBe('wrong_type');
  });
});

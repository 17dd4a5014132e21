import { describe, expect, it } from 'vitest';
import { cellAt } from '../../src/features/column.ts';
import { ColumnBuilder } from '../../src/ingest/column-builder.ts';
import { columnOf } from '../support/models/cells.ts';
import { MARKER, NUMBER_MARKER, refusalOf } from '../support/models/refusal.ts';
import { whole } from '../support/models/steps.ts';

const json = (cells: unknown[], declared?: 'number' | 'category' | 'boolean') =>
  columnOf(cells, 'json', declared);

describe('the type of a column of JSON values', () => {
  it.each([
    { type: 'number', cells: [null, 1, -2.5, null, 5e-324] },
    { type: 'boolean', cells: [null, true, false] },
    { type: 'category', cells: [null, 'b', 'a', 'b'], levels: ['a', 'b'] },
    { type: 'number', cells: [null, null] },
  ])('is that of the first value: $type for $cells', ({ cells, ...column }) => {
    expect(json(cells)).toEqual({ cells, ...column, warnings: [] });
  });

  it('is category for strings, even when they look like numbers or booleans', () => {
    expect(json(['1', '2'])).toMatchObject({ type: 'category', cells: ['1', '2'] });
    expect(json(['true', 'false'])).toMatchObject({ type: 'category', cells: ['true', 'false'] });
    expect(json(['NaN', 'x'])).toMatchObject({ type: 'category', cells: ['NaN', 'x'] });
  });

  it('is category, with the empty string missing', () => {
    expect(json(['', 'a', null, ''])).toMatchObject({ type: 'category', cells: [null, 'a', null, null] });
  });

  it.each([
    { cells: [1, null, MARKER], expected: 'number', got: 'string' },
    { cells: [1, true], expected: 'number', got: 'boolean' },
    { cells: [1, ''], expected: 'number', got: 'string' },
    { cells: ['a', NUMBER_MARKER], expected: 'string', got: 'number' },
    { cells: ['a', false], expected: 'string', got: 'boolean' },
    { cells: [true, 1], expected: 'boolean', got: 'number' },
    { cells: [null, true, 'true'], expected: 'boolean', got: 'string' },
  ])('does not change: $got after $expected is refused', async ({ cells, expected, got }) => {
    const advice = 'as in the rows before; or declare its type in columnTypes';
    expect(await refusalOf(() => json(cells))).toMatchObject({
      code: 'wrong_type',
      message: `row ${cells.length - 1}, column 'age': expected a ${expected} ${advice}, got a ${got}`,
    });
  });
});

describe('a declared column of JSON values', () => {
  it('names numbers and booleans by their text when it is a category', () => {
    expect(json([1, '1', 1.5, true, 'x', null, 1e21], 'category')).toEqual({
      type: 'category',
      cells: ['1', '1', '1.5', 'true', 'x', null, '1e+21'],
      levels: ['1', '1.5', '1e+21', 'true', 'x'],
      warnings: [],
    });
  });

  it.each([
    { declared: 'number', cell: '12', got: 'string' },
    { declared: 'number', cell: true, got: 'boolean' },
    { declared: 'boolean', cell: 1, got: 'number' },
    { declared: 'boolean', cell: 'true', got: 'string' },
  ] as const)('that is $declared refuses a $got: nothing is coerced', async ({ declared, cell, got }) => {
    expect(await refusalOf(() => json([null, cell], declared))).toMatchObject({
      code: 'wrong_type',
      message: `row 1, column 'age': expected a ${declared}, got a ${got}`,
    });
  });

  it('has its type even when every value is missing', () => {
    for (const declared of ['number', 'boolean', 'category'] as const) {
      expect(json([null, null], declared)).toMatchObject({ type: declared, cells: [null, null] });
    }
  });
});

describe('a cell that no column takes', () => {
  const declared = [undefined, 'number', 'boolean', 'category'] as const;

  it.each([
    ['an array', [NUMBER_MARKER]],
    ['an object', { name: MARKER }],
    ['nothing', undefined],
  ])('is %s', async (got, cell) => {
    for (const type of declared) {
      expect(await refusalOf(() => json([null, cell], type))).toMatchObject({
        code: 'wrong_type',
        message: `row 1, column 'age': expected a string, a number, a boolean or null, got ${got}`,
      });
    }
  });

  it('is a number that is not finite, such as JSON makes of 1e999', async () => {
    for (const cell of [Number.NaN, Infinity, JSON.parse('-1e999')]) {
      for (const type of declared) {
        expect(await refusalOf(() => json([null, cell], type))).toMatchObject({
          code: 'not_finite',
          message: "row 1, column 'age': expected a finite number",
        });
      }
    }
  });
});

describe('an ignored column', () => {
  const ignored = (source: 'json' | 'text', cells: unknown[]) => {
    const builder = new ColumnBuilder('id', source, undefined, true);
    for (const cell of cells) builder.add(cell);
    const column = whole(builder.finish());
    expect(builder.warnings).toEqual([]);
    return { type: column.type, cells: cells.map((_, row) => cellAt(column, row)) };
  };

  it('keeps its type while its cells have one', () => {
    expect(ignored('json', [1, null, 2])).toEqual({ type: 'number', cells: [1, null, 2] });
    expect(ignored('text', ['true', 'FALSE'])).toEqual({ type: 'boolean', cells: [true, false] });
  });

  it.each([
    ['json', [7, null, 'x', true, 7], ['7', null, 'x', 'true', '7']],
    ['json', [true, false, 3], ['true', 'false', '3']],
    ['json', ['x', 7], ['x', '7']],
    ['text', ['1.0', 'NaN', ''], ['1.0', 'NaN', null]],
  ] as const)(
    'is a category, and no error, where its %s cells fit no type: %j',
    (source, cells, expected) => {
      expect(ignored(source, [...cells])).toEqual({ type: 'category', cells: expected });
    },
  );
});

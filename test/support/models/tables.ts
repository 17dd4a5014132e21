import fc from 'fast-check';
import type { CategoryColumn, ColumnType, NumericColumn, RawColumn } from '../../../src/features/column.ts';
import type { RawData } from '../../../src/features/feature-map.ts';

export type Cell = number | string | boolean | null;

export interface PlainColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly cells: readonly Cell[];
}

/** A table as a person would write it down; `labels` is its target column. */
export interface PlainTable {
  readonly columns: readonly PlainColumn[];
  readonly labels: readonly string[];
}

export const TARGET = 'outcome';

export function numberColumn(name: string, ...cells: (number | null)[]): NumericColumn {
  return { name, type: 'number', values: Float64Array.from(cells, (cell) => cell ?? Number.NaN) };
}

export function booleanColumn(name: string, ...cells: (boolean | null)[]): NumericColumn {
  const values = Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : Number(cell)));
  return { name, type: 'boolean', values };
}

export function categoryColumn(name: string, ...cells: (string | null)[]): CategoryColumn {
  const levels = [...new Set(cells.filter((cell) => cell !== null))].sort();
  const codes = Int32Array.from(cells, (cell) => (cell === null ? -1 : levels.indexOf(cell)));
  return { name, type: 'category', levels, codes };
}

export function tableOf(...columns: RawColumn[]): RawData & { kind: 'table' } {
  const first = columns[0];
  const rows = first === undefined ? 0 : first.type === 'category' ? first.codes.length : first.values.length;
  return { kind: 'table', rows, columns };
}

/** Texts that neither read as a number nor as a boolean, so that they are levels in every form of the data. */
export const levelsArbitrary = fc.oneof(
  fc.constantFrom(
    'no,comma',
    'a "quote"',
    'two\nlines',
    'cr\r\nlf',
    ' blank ',
    'é',
    '😀',
    'x',
    'y',
    'constructor',
  ),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
    .filter((text) => text.isWellFormed() && Number.isNaN(Number(text)))
    .filter((text) => !/^\s*([+-]?(nan|inf|infinity)|true|false)\s*$/i.test(text)),
);

const numbers = fc
  .oneof(fc.integer({ min: -5, max: 5 }), fc.double({ min: -1e6, max: 1e6, noNaN: true }))
  .map((value) => (value === 0 ? 0 : value));
const cellsOf: Record<ColumnType, fc.Arbitrary<Cell>> = {
  number: numbers,
  boolean: fc.boolean(),
  category: levelsArbitrary,
};

/** Tables with columns of every type, missing cells, and two or three classes that all have rows. */
export const tablesArbitrary: fc.Arbitrary<PlainTable> = fc
  .record({
    rows: fc.integer({ min: 3, max: 25 }),
    types: fc.array(fc.constantFrom<ColumnType[]>('number', 'boolean', 'category'), {
      minLength: 1,
      maxLength: 5,
    }),
    classes: fc.integer({ min: 2, max: 3 }),
  })
  .chain(({ rows, types, classes }) => {
    const size = { minLength: rows, maxLength: rows };
    const columns = types.map((type, index) => {
      const cell = fc.option(cellsOf[type], { nil: null, freq: 6 });
      return fc.array(cell, size).map((cells): PlainColumn => ({ name: `c${index}`, type, cells }));
    });
    const labels = fc
      .array(fc.integer({ min: 0, max: classes - 1 }), size)
      .map((codes) => codes.map((code, row) => `class ${row < classes ? row : code}`));
    return fc.record({ columns: fc.tuple(...columns), labels });
  });

export const columnNames = (table: PlainTable): string[] => [
  ...table.columns.map(({ name }) => name),
  TARGET,
];

export function rowsOf(table: PlainTable): Cell[][] {
  return table.labels.map((label, row) => [...table.columns.map(({ cells }) => cells[row]!), label]);
}

export function recordsOf(table: PlainTable): Record<string, Cell>[] {
  const names = columnNames(table);
  return rowsOf(table).map((cells) => Object.fromEntries(cells.map((cell, c) => [names[c]!, cell])));
}

export function csvOf(table: PlainTable, lineEnd = '\n'): string {
  const lines = [columnNames(table), ...rowsOf(table)];
  return lines.map((cells) => cells.map(csvCell).join(',') + lineEnd).join('');
}

export function ndjsonOf(table: PlainTable, lineEnd = '\n'): string {
  return recordsOf(table)
    .map((record) => JSON.stringify(record) + lineEnd)
    .join('');
}

/** The declared type of every column, so that no form of the data is left to infer one. */
export function typesOf(table: PlainTable): Record<string, ColumnType> {
  return Object.fromEntries(table.columns.map(({ name, type }) => [name, type]));
}

function csvCell(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

import { describe, expect, it } from 'vitest';
import { cellAt } from '../../src/features/column.ts';
import { TableBuilder, type TableOptions } from '../../src/ingest/table-builder.ts';
import { MARKER, refusalOf } from '../support/models/refusal.ts';
import { LIMITS } from '../support/models/settings.ts';

const NAMES = ['age', 'job', 'outcome'];
const OPTIONS: TableOptions = { target: 'outcome' };

const builder = (options: Partial<TableOptions> = {}, names = NAMES, limits = LIMITS) =>
  new TableBuilder(names, 'json', { ...OPTIONS, ...options }, limits);

async function build(rows: unknown[][], options: Partial<TableOptions> = {}, names = NAMES) {
  const table = builder(options, names);
  for (const row of rows) table.addRow(row);
  const { data, labels, ...rest } = await table.finish();
  if (data.kind !== 'table') throw new Error('expected a table');
  const columns = data.columns.map((column) => ({
    name: column.name,
    type: column.type,
    cells: rows.map((_, row) => cellAt(column, row)),
  }));
  return { ...rest, rows: data.rows, columns, classes: labels.classes, codes: Array.from(labels.codes) };
}

const ROWS = [
  [30, 'cook', 'good'],
  [null, 'actor', 'bad'],
];

describe('a table', () => {
  it('becomes typed columns and labels, wherever the target stands', async () => {
    const expected = {
      rows: 2,
      columns: [
        { name: 'age', type: 'number', cells: [30, null] },
        { name: 'job', type: 'category', cells: ['cook', 'actor'] },
      ],
      classes: ['bad', 'good'],
      codes: [1, 0],
      target: 'outcome',
      ignored: [],
      declared: { columnTypes: [], classes: false },
      warnings: [],
    };
    expect(await build(ROWS)).toEqual(expected);
    const front = ROWS.map(([age, job, outcome]) => [outcome, age, job]);
    expect(await build(front, {}, ['outcome', 'age', 'job'])).toEqual(expected);
  });

  it('keeps ignored columns in the data, declared types, and the class order that was asked for', async () => {
    const table = await build(ROWS, {
      ignore: ['job'],
      columnTypes: { age: 'category' },
      classes: ['good', 'bad'],
    });
    expect(table.columns).toEqual([
      { name: 'age', type: 'category', cells: ['30', null] },
      { name: 'job', type: 'category', cells: ['cook', 'actor'] },
    ]);
    expect([table.ignored, table.classes, table.codes]).toEqual([['job'], ['good', 'bad'], [0, 1]]);
    expect(table.declared).toEqual({ columnTypes: ['age'], classes: true });
  });

  it('passes on the warnings of its columns', async () => {
    const table = new TableBuilder(NAMES, 'text', OPTIONS, LIMITS);
    for (const row of [
      ['1', 'a', 'good'],
      [MARKER, 'b', 'bad'],
    ])
      table.addRow(row);
    expect((await table.finish()).warnings).toEqual([
      "column 'age' is read as a category: row 1 is the first that is not a number",
    ]);
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', '0', ' ', 'é', 'a'.repeat(200)])(
    'takes a column named %j like any other',
    async (name) => {
      const options = { columnTypes: { [name]: 'category' as const }, ignore: [name] };
      const table = await build([...ROWS], options, [name, 'job', 'outcome']);
      expect(table.columns[0]).toEqual({ name, type: 'category', cells: ['30', null] });
      expect((await build(ROWS, { target: name }, ['age', 'job', name])).target).toBe(name);
    },
  );
});

describe('a table is refused', () => {
  it.each([
    {
      why: 'a column occurs twice',
      names: ['age', 'age', 'outcome'],
      code: 'duplicate_column',
      says: 'columns number 0 and 1',
    },
    {
      why: 'the target occurs twice',
      names: [...NAMES, 'outcome'],
      code: 'duplicate_column',
      says: 'columns number 2 and 3',
    },
    {
      why: 'there are more columns than features are accepted',
      names: [...Array(LIMITS.features + 2).keys()].map(String),
      code: 'too_many_features',
      says: `at most ${LIMITS.features} are accepted`,
    },
    { why: 'a column has no name', names: ['', 'outcome'], code: 'invalid_name', says: 'column number 0' },
    {
      why: 'a column is named __proto__',
      names: ['__proto__', 'outcome'],
      code: 'invalid_name',
      says: '__proto__',
    },
    {
      why: 'a name is too long',
      names: ['a'.repeat(201), 'outcome'],
      code: 'invalid_name',
      says: '1 to 200 characters',
    },
    {
      why: 'it has no target',
      names: ['age', 'job'],
      code: 'unknown_column',
      says: "target: the table has no column 'outcome'",
    },
    { why: 'it has no columns', names: [], code: 'unknown_column', says: "'outcome'" },
  ])('when $why', async ({ names, code, says }) => {
    const error = await refusalOf(() => builder({}, names));
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
  });

  it.each([
    { options: { target: '' }, says: 'target' },
    { options: { target: 'constructor' }, says: 'target' },
    { options: { ignore: ['agee'] }, says: "ignore: the table has no column 'agee'" },
    { options: { ignore: ['outcome'] }, says: "ignore: 'outcome' is the target" },
    { options: { ignore: ['constructor'] }, says: 'ignore' },
    {
      options: { columnTypes: { agee: 'number' as const } },
      says: "columnTypes: the table has no column 'agee'",
    },
    {
      options: { columnTypes: { outcome: 'number' as const } },
      says: "columnTypes: 'outcome' is the target",
    },
    { options: { columnTypes: JSON.parse('{"__proto__": "number"}') }, says: 'columnTypes' },
  ])('when its options name what is not a feature column: $options', async ({ options, says }) => {
    const error = await refusalOf(() => builder(options));
    expect(error.code).toBe('unknown_column');
    expect(error.message).toContain(says);
  });

  it.each([[[30, MARKER]], [[30, MARKER, 'good', MARKER]], [[]]])(
    'when a row is too short or too long: %j',
    async (row) => {
      const table = builder();
      table.addRow(ROWS[0]!);
      expect(await refusalOf(() => table.addRow(row))).toMatchObject({
        code: 'row_length',
        message: `row 1: expected 3 values, got ${row.length}`,
      });
    },
  );

  it('when a cell does not fit, naming row and column', async () => {
    const error = await refusalOf(() => build([...ROWS, [MARKER, 'cook', 'good']]));
    expect(error.code).toBe('wrong_type');
    expect(error.message).toContain("row 2, column 'age'");
    expect((await refusalOf(() => build([...ROWS, [1, 'cook', null]]))).message).toContain('row 2');
  });

  it('when it has no rows, or more than the limit', async () => {
    expect((await refusalOf(() => build([]))).code).toBe('no_rows');
    const table = builder({}, NAMES, { ...LIMITS, rows: 1 });
    table.addRow(ROWS[0]!);
    const error = await refusalOf(() => table.addRow(ROWS[1]!));
    expect(error.code).toBe('too_many_rows');
    expect(error.message).toContain('at most 1 rows');
  });
});

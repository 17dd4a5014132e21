import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellAt } from '../../src/features/column.ts';
import { datasetFromCsv } from '../../src/ingest/csv.ts';
import { refusalOf } from '../support/models/refusal.ts';
import { LIMITS } from '../support/models/settings.ts';
import { columnNames, csvOf, rowsOf, TARGET, tablesArbitrary, typesOf } from '../support/models/tables.ts';
import { streamOf } from '../support/stores/bytes.ts';

const read = (text: string) => datasetFromCsv(streamOf(text), { target: 'y' }, LIMITS);

/** The rows of a file with columns x and y, as a reader of the file would see them. */
async function rowsIn(text: string): Promise<unknown[][]> {
  const { data, labels } = await read(text);
  if (data.kind !== 'table') throw new Error('expected a table');
  return Array.from(labels.codes, (code, row) => [
    ...data.columns.map((column) => cellAt(column, row)),
    labels.classes[code],
  ]);
}

const AB = [
  [1, 'a'],
  [2, 'b'],
];

describe('a CSV file', () => {
  it.each([
    { name: 'LF', text: 'x,y\n1,a\n2,b\n' },
    { name: 'CRLF', text: 'x,y\r\n1,a\r\n2,b\r\n' },
    { name: 'CR', text: 'x,y\r1,a\r2,b\r' },
    { name: 'no end of line after the last record', text: 'x,y\n1,a\n2,b' },
    { name: 'CRLF and none after the last record', text: 'x,y\r\n1,a\r\n2,b' },
    { name: 'a byte order mark', text: '\ufeffx,y\n1,a\n2,b\n' },
    { name: 'a byte order mark before a quote', text: '\ufeff"x",y\n1,a\n2,b\n' },
    { name: 'empty lines anywhere', text: '\n\nx,y\n\n1,a\n\n\n2,b\n\n' },
    { name: 'empty lines and CRLF', text: '\r\nx,y\r\n\r\n1,a\r\n2,b\r\n\r\n' },
    { name: 'quotes that are not needed', text: '"x","y"\n"1","a"\n"2","b"\n' },
  ])('may have $name', async ({ text }) => {
    expect(await rowsIn(text)).toEqual(AB);
  });

  it('may have commas, quotes, line ends and blanks in quoted values', async () => {
    expect(await rowsIn('x,y\n"a,b",1\n"say ""no""",0\n"two\nlines",1\n"cr\r\nlf",0\n" blank ",1\n')).toEqual(
      [
        ['a,b', '1'],
        ['say "no"', '0'],
        ['two\nlines', '1'],
        ['cr\r\nlf', '0'],
        [' blank ', '1'],
      ],
    );
  });

  it('has missing values where cells are empty, quoted or not', async () => {
    expect(await rowsIn('x,y\n,a\n"",b\n3,a\n')).toEqual([
      [null, 'a'],
      [null, 'b'],
      [3, 'a'],
    ]);
  });

  it('reads back as the table that was written', async () => {
    await fc.assert(
      fc.asyncProperty(tablesArbitrary, fc.constantFrom('\n', '\r\n'), async (table, lineEnd) => {
        const options = { target: TARGET, columnTypes: typesOf(table) };
        const { data, labels } = await datasetFromCsv(streamOf(csvOf(table, lineEnd)), options, LIMITS);
        if (data.kind !== 'table') throw new Error('expected a table');
        expect([...data.columns.map(({ name }) => name), TARGET]).toEqual(columnNames(table));
        const rows = Array.from(labels.codes, (code, row) => [
          ...data.columns.map((column) => cellAt(column, row)),
          labels.classes[code],
        ]);
        expect(rows).toEqual(rowsOf(table));
      }),
      { seed: 221, numRuns: 100 },
    );
  });

  it('never takes the CR of a line end into a value, though line ends are mixed', async () => {
    for (const text of ['x,y\n1,a\r\n2,b\r\n', 'x,y\r\n1,a\n2,b\n', 'x,y\n1,a\n2,b\r\n']) {
      const rows = await rowsIn(text).catch((error: { code: string }) => error.code);
      expect(typeof rows === 'string' ? AB : rows).toEqual(AB);
    }
  });

  it('keeps a byte order mark that is not the first character', async () => {
    expect(await rowsIn('x,y\n\ufeffq,a\nr,b\n')).toEqual([
      ['\ufeffq', 'a'],
      ['r', 'b'],
    ]);
  });

  it('may have records of many columns', async () => {
    const names = Array.from({ length: 1500 }, (_, k) => `c${k}`);
    const text = [
      [...names, 'y'],
      [...names.map((_, k) => k), 'a'],
      [...names.map(() => ''), 'b'],
    ];
    const { data } = await read(text.map((cells) => cells.join(',')).join('\n'));
    expect(data.kind === 'table' && cellAt(data.columns[1499]!, 0)).toBe(1499);
  });

  it('may have a value of a few million characters, not of more', async () => {
    const file = (length: number) => `x,y\n1,a\n${'q'.repeat(length)},b\n`;
    expect((await rowsIn(file(4_000_000)))[1]![0]).toHaveLength(4_000_000);
    for (const quote of ['', '"']) {
      const error = await refusalOf(() => read(`x,y\n1,a\n${quote}${'q'.repeat(2 ** 22 + 100)}${quote},b\n`));
      expect(error).toMatchObject({
        code: 'invalid_csv',
        message: 'line 3: a record is longer than 4194304 characters',
      });
    }
  });
});

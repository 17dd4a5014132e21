import { describe, expect, it } from 'vitest';
import { datasetFromCsv } from '../../src/ingest/csv.ts';
import { MARKER, refusalOf } from '../support/models/refusal.ts';
import { LIMITS } from '../support/models/settings.ts';
import { streamOf } from '../support/stores/bytes.ts';

const read = (text: string | Uint8Array) => datasetFromCsv(streamOf(text), { target: 'y' }, LIMITS);

describe('a CSV file is refused', () => {
  it.each([
    {
      why: 'a quote is inside a quoted value',
      text: `x,y\n1,a\n"${MARKER},b\n3,a\n`,
      code: 'invalid_csv',
      says: 'inside a quoted value',
    },
    {
      why: 'a quote stands inside a value',
      text: `x,y\n1,a\n${MARKER}"x,b\n`,
      code: 'invalid_csv',
      says: 'line 3',
    },
    {
      why: 'text follows a closing quote',
      text: `x,y\n1,a\n"${MARKER}"x,b\n`,
      code: 'invalid_csv',
      says: 'line 3',
    },
    {
      why: 'a row is too short',
      text: `x,y\n1,a\n${MARKER}\n`,
      code: 'row_length',
      says: 'row 1: expected 2 values, got 1',
    },
    {
      why: 'a row is too long',
      text: `x,y\n1,a\n1,${MARKER},3\n`,
      code: 'row_length',
      says: 'row 1: expected 2 values, got 3',
    },
    {
      why: 'it uses semicolons',
      text: `x;y\n1;a\n${MARKER};b\n`,
      code: 'unknown_column',
      says: "no column 'y'",
    },
    { why: 'it is empty', text: '', code: 'no_rows', says: 'expected a header line' },
    { why: 'it has empty lines only', text: '\n\n\n', code: 'no_rows', says: 'expected a header line' },
    { why: 'it is a byte order mark only', text: '\ufeff', code: 'no_rows', says: 'expected a header line' },
    { why: 'it has a header only', text: 'x,y\n', code: 'no_rows', says: 'below the header' },
    { why: 'a label is missing', text: `x,y\n${MARKER},\n`, code: 'missing_label', says: 'row 0' },
    {
      why: 'a number is not finite',
      text: 'x,y\n1,a\nNaN,b\n',
      code: 'not_finite',
      says: "row 1, column 'x'",
    },
    {
      why: 'a column occurs twice',
      text: `x,x,y\n1,${MARKER},a\n`,
      code: 'duplicate_column',
      says: 'columns number 0 and 1',
    },
    {
      why: 'a column has no name',
      text: `x,,y\n1,${MARKER},a\n`,
      code: 'invalid_name',
      says: 'column number 1',
    },
    {
      why: 'there is one class',
      text: `x,y\n1,${MARKER}\n2,${MARKER}\n`,
      code: 'one_class',
      says: 'two classes',
    },
  ])('when $why', async ({ text, code, says }) => {
    const error = await refusalOf(() => read(text));
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
  });

  it.each([
    { why: 'Latin-1', bytes: Buffer.from(`x,y\n1,a\n${MARKER}é,b\n`, 'latin1') },
    { why: 'UTF-16', bytes: Buffer.from('\ufeffx,y\n1,a\n2,b\n', 'utf16le') },
    { why: 'cut off inside a character', bytes: Buffer.from('x,y\n1,a\n2,é').subarray(0, -1) },
    { why: 'an encoded surrogate', bytes: Buffer.from([...Buffer.from('x,y\n1,'), 0xed, 0xa0, 0x80]) },
    { why: 'an overlong form', bytes: Buffer.from([...Buffer.from('x,y\n1,'), 0xc0, 0x80]) },
  ])('when its bytes are $why', async ({ bytes }) => {
    expect(await refusalOf(() => read(bytes))).toMatchObject({
      code: 'invalid_encoding',
      message: 'expected UTF-8 text, got other bytes',
    });
  });

  it('when it has more rows than the limit, at once', async () => {
    async function* endless() {
      yield Buffer.from('x,y\n');
      for (let row = 0; ; row++) yield Buffer.from(`${row},${row % 2}\n`);
    }
    const act = () => datasetFromCsv(endless(), { target: 'y' }, { ...LIMITS, rows: 100 });
    expect((await refusalOf(act)).code).toBe('too_many_rows');
  });

  it.each([
    ['letters', 'x,y\n1,', 'x'],
    ['commas', 'x,y\n1,', ','],
    ['commas in the header', 'x,y', ','],
    ['a quoted value', 'x,y\n1,"', 'x'],
    ['quoted line breaks', 'x,y\n1,"', '\n'],
    ['escaped quotes', 'x,y\n1,"', '""'],
  ])('when a record never ends, with little memory: %s', async (_what, begin, filler) => {
    let sent = 0;
    async function* endless() {
      yield Buffer.from(begin);
      for (const chunk = Buffer.from(filler.repeat(2 ** 16)); ; sent += chunk.length) yield chunk;
    }
    expect(await refusalOf(() => datasetFromCsv(endless(), { target: 'y' }, LIMITS))).toMatchObject({
      code: 'invalid_csv',
      message: expect.stringMatching(/^line \d+: a record is longer than 4194304 characters$/),
    });
    expect(sent).toBeLessThan(2 ** 24);
  });

  it('but not for empty lines, however many', async () => {
    async function* lines() {
      yield Buffer.from('x,y\n1,a\n');
      for (let k = 0; k < 10 * 16; k++) yield Buffer.from('\n'.repeat(2 ** 16));
      yield Buffer.from('2,b\n');
    }
    expect((await datasetFromCsv(lines(), { target: 'y' }, LIMITS)).data.rows).toBe(2);
  });
});

import { describe, expect, it } from 'vitest';
import { datasetFromRecords } from '../../src/ingest/json.ts';
import { datasetFromNdjson } from '../../src/ingest/ndjson.ts';
import { MARKER, NUMBER_MARKER, refusalOf } from '../support/models/refusal.ts';
import { LIMITS } from '../support/models/settings.ts';
import { streamOf } from '../support/stores/bytes.ts';

const OPTIONS = { target: 'y' };
const read = (...chunks: (string | Uint8Array)[]) => datasetFromNdjson(streamOf(...chunks), OPTIONS, LIMITS);

const A = '{"x":1,"y":"a"}';
const B = '{"x":2,"y":"b"}';

describe('an NDJSON file', () => {
  it.each([
    { name: 'LF', text: `${A}\n${B}\n` },
    { name: 'CRLF', text: `${A}\r\n${B}\r\n` },
    { name: 'no end of line after the last record', text: `${A}\n${B}` },
    { name: 'a byte order mark', text: `\ufeff${A}\n${B}\n` },
    { name: 'empty lines and lines of blanks', text: `\n\r\n${A}\n  \t\n\n${B}\n\n` },
    { name: 'white space around records', text: `  ${A} \n\t${B}` },
    { name: 'members in another order', text: `${A}\n{"y":"b","x":2}\n` },
  ])('may have $name', async ({ text }) => {
    expect(await read(text)).toEqual(
      await datasetFromRecords([JSON.parse(A), JSON.parse(B)], OPTIONS, LIMITS),
    );
  });

  it('may have long texts, and not so many members or lists that parsing them takes long', async () => {
    const long = JSON.stringify({ x: ':[{\\"'.repeat(100_000), y: 'a' });
    expect((await read(`${long}\n${long.replace('"a"', '"b"')}\n`)).data.rows).toBe(2);
    const names = Object.fromEntries(Array.from({ length: 33_000 }, (_, k) => [`column ${k}`, k]));
    for (const record of [JSON.stringify(names), '['.repeat(300_000), `{"x":[${'[],'.repeat(100_000)}1]}`]) {
      expect(await refusalOf(() => read(`${A}\n${record}\n`))).toMatchObject({
        code: 'invalid_ndjson',
        message: 'line 2: expected at most 32768 members and lists',
      });
    }
  });

  it('may have line ends in its strings, escaped', async () => {
    const { data } = await read('{"x":"two\\nlines","y":"a"}\n{"x":"\\ud83d\\ude00","y":"b"}\n');
    expect(data).toMatchObject({ columns: [{ levels: ['two\nlines', '😀'] }] });
  });

  it.each([
    {
      why: 'a line is no JSON',
      text: `${A}\n\n{"x":${MARKER}}\n${B}`,
      code: 'invalid_ndjson',
      says: 'line 3',
    },
    {
      why: 'a record is cut off',
      text: `${A}\n{"x":"${MARKER}","y"`,
      code: 'invalid_ndjson',
      says: 'line 2',
    },
    { why: 'two records share a line', text: `${A}${B}\n`, code: 'invalid_ndjson', says: 'line 1' },
    { why: 'a record spans lines', text: `{"x":1,\n"y":"a"}\n`, code: 'invalid_ndjson', says: 'line 1' },
    { why: 'a number is NaN', text: '{"x":NaN,"y":"a"}', code: 'invalid_ndjson', says: 'line 1' },
    {
      why: 'it is one JSON array',
      text: `[${A},${B}]`,
      code: 'wrong_type',
      says: 'row 0: expected a record, got an array',
    },
    {
      why: 'a line is a string',
      text: `${A}\n"${MARKER}"`,
      code: 'wrong_type',
      says: 'row 1: expected a record',
    },
    { why: 'a line is null', text: `${A}\nnull`, code: 'wrong_type', says: 'got null' },
    {
      why: 'a column is missing',
      text: `${A}\n{"y":"${MARKER}"}`,
      code: 'missing_column',
      says: "row 1 has no column 'x'",
    },
    {
      why: 'a column is new',
      text: `${A}\n{"x":1,"y":"a","z":${NUMBER_MARKER}}`,
      code: 'unknown_column',
      says: "'z'",
    },
    {
      why: 'a number is too large',
      text: `${A}\n{"x":1e999,"y":"b"}`,
      code: 'not_finite',
      says: "row 1, column 'x'",
    },
    {
      why: 'a type changes',
      text: `${A}\n{"x":"${MARKER}","y":"b"}`,
      code: 'wrong_type',
      says: "row 1, column 'x'",
    },
    {
      why: 'a cell is a record',
      text: `{"x":{"n":${NUMBER_MARKER}},"y":"a"}`,
      code: 'wrong_type',
      says: 'got an object',
    },
    { why: 'a name is __proto__', text: '{"__proto__":1,"y":"a"}', code: 'invalid_name', says: '__proto__' },
    { why: 'it is empty', text: '', code: 'no_rows', says: 'at least one record' },
    { why: 'it has empty lines only', text: '\n\n \n', code: 'no_rows', says: 'at least one record' },
    { why: 'it has an empty record only', text: '{}', code: 'unknown_column', says: 'target' },
  ])('is refused when $why', async ({ text, code, says }) => {
    const error = await refusalOf(() => read(text));
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
  });

  it.each([
    { why: 'Latin-1', bytes: Buffer.from(`{"x":"${MARKER}é","y":"a"}\n`, 'latin1') },
    { why: 'cut off inside a character', bytes: Buffer.from('{"x":"é').subarray(0, -1) },
  ])('is refused when its bytes are $why', async ({ bytes }) => {
    expect((await refusalOf(() => read(`${A}\n`, bytes))).code).toBe('invalid_encoding');
  });

  it('may have a line of a few million characters', async () => {
    const { data } = await read(`${A.replace('1', '"s"')}\n{"x":"${'q'.repeat(4_000_000)}","y":"b"}\n`);
    expect(data.rows).toBe(2);
  });

  it('is refused when a line has more, however its bytes arrive', async () => {
    const line = `{"x":"${'q'.repeat(2 ** 22 + 100)}","y":"b"}\n`;
    const whole = Buffer.from(`{"x":"s","y":"a"}\n${line}`);
    for (const chunks of [
      [whole.subarray(0, 100), whole.subarray(100)],
      [whole.subarray(0, -1), whole.subarray(-1)],
      [whole],
    ]) {
      expect((await refusalOf(() => read(...chunks))).code).toBe('invalid_ndjson');
    }
  });
});

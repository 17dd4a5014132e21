import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datasetFromCsv } from '../../src/ingest/csv.ts';
import { datasetFromNdjson } from '../../src/ingest/ndjson.ts';
import { failureOf, refusalOf } from '../support/models/refusal.ts';
import { LIMITS } from '../support/models/settings.ts';
import { csvOf, ndjsonOf, TARGET, tablesArbitrary, typesOf } from '../support/models/tables.ts';
import {
  bytesOf,
  cutAt,
  cutsArbitrary,
  failingStream,
  stallingStream,
  streamOf,
} from '../support/stores/bytes.ts';

const FORMATS = [
  {
    name: 'CSV',
    read: datasetFromCsv,
    write: csvOf,
    start: 'x,y\n1,a\n2,b\n',
    bad: 'x,y\n1,a\nragged\n',
    accents: '\ufeffx,y\r\n"é😀\ufeff\r\n""€",a\r\nü,b\r\n',
  },
  {
    name: 'NDJSON',
    read: datasetFromNdjson,
    write: ndjsonOf,
    start: '{"x":1,"y":"a"}\n{"x":2,"y":"b"}\n',
    bad: '{"x":1,"y":"a"}\n[]\n',
    accents: '\ufeff{"x":"é😀\ufeff€","y":"a"}\r\n{"x":"ü","y":"b"}\r\n',
  },
] as const;

const OPTIONS = { target: 'y' };

describe.each(FORMATS)('a stream of $name', ({ read, write, start, bad, accents }) => {
  it('gives the same dataset wherever its bytes are cut', async () => {
    const bom = fc.constantFrom('', '\ufeff');
    const lineEnd = fc.constantFrom('\n', '\r\n');
    await fc.assert(
      fc.asyncProperty(tablesArbitrary, cutsArbitrary, bom, lineEnd, async (table, cuts, mark, end) => {
        const options = { target: TARGET, columnTypes: typesOf(table) };
        const bytes = bytesOf(mark + write(table, end));
        const whole = await read(streamOf(bytes), options, LIMITS);
        expect(await read(streamOf(...cutAt(bytes, cuts)), options, LIMITS)).toEqual(whole);
      }),
      { seed: 231, numRuns: 80 },
    );
  });

  it('gives the same dataset byte by byte, and cut once at every place', async () => {
    const bytes = bytesOf(accents);
    const whole = await read(streamOf(bytes), OPTIONS, LIMITS);
    expect(whole.data.rows).toBe(2);
    expect(
      await read(streamOf(...Array.from(bytes, (byte) => Uint8Array.of(byte))), OPTIONS, LIMITS),
    ).toEqual(whole);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const parts = [bytes.subarray(0, cut), bytes.subarray(cut)];
      expect(await read(streamOf(...parts), OPTIONS, LIMITS)).toEqual(whole);
    }
  });

  it('gives the same refusal wherever its bytes are cut', async () => {
    const bytes = Buffer.from(`${start}\xe9\n`, 'latin1');
    for (let cut = 0; cut <= bytes.length; cut++) {
      const act = () => read(streamOf(bytes.subarray(0, cut), bytes.subarray(cut)), OPTIONS, LIMITS);
      expect((await refusalOf(act)).code).toBe('invalid_encoding');
    }
  });

  it.each([0, 1, 5, 12, 30])(
    'passes on the error of a source that fails after %i characters',
    async (length) => {
      const error = new Error('the connection was lost');
      const stream = failingStream(error, start.slice(0, length));
      expect(await failureOf(() => read(stream, OPTIONS, LIMITS))).toBe(error);
    },
  );

  it('passes on the error of a source that fails at once', async () => {
    const error = new Error('the connection was lost');
    expect(await failureOf(() => read(failingStream(error), OPTIONS, LIMITS))).toBe(error);
  });

  it('passes on a TypeError of its source: the encoding is not to blame', async () => {
    const error = new TypeError('terminated');
    expect(await failureOf(() => read(failingStream(error, start), OPTIONS, LIMITS))).toBe(error);
  });

  it('refuses a bad row at once, though the source neither goes on nor ends', async () => {
    const act = () => read(stallingStream(bad.slice(0, 9), bad.slice(9), start), OPTIONS, LIMITS);
    expect(['row_length', 'wrong_type']).toContain((await refusalOf(act)).code);
  });

  it('closes its source when it refuses a row', async () => {
    let closed = false;
    async function* source() {
      try {
        yield bytesOf(bad);
        for (;;) yield bytesOf(start);
      } finally {
        closed = true;
      }
    }
    await refusalOf(() => read(source(), OPTIONS, LIMITS));
    await new Promise(setImmediate);
    expect(closed).toBe(true);
  });
});

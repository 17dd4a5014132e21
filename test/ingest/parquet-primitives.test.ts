import fc from 'fast-check';
import { ByteWriter } from 'hyparquet-writer';
import { deltaBinaryPack, deltaByteArray } from 'hyparquet-writer/src/delta.js';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../src/ingest/parquet/byte-reader.ts';
import { decompress } from '../../src/ingest/parquet/decompress.ts';
import { readDeltaByteArrays, readDeltas } from '../../src/ingest/parquet/delta.ts';
import { readRuns } from '../../src/ingest/parquet/run-length.ts';
import { readThrift } from '../../src/ingest/parquet/thrift.ts';
import { refusalOf } from '../support/models/refusal.ts';
import { cpuTime } from '../support/process/cpu-time.ts';

const readerOf = (write: (writer: ByteWriter) => void) => {
  const writer = new ByteWriter();
  write(writer);
  return new ByteReader(writer.getBytes());
};
const bytesReader = (...bytes: number[]) => new ByteReader(Uint8Array.from(bytes));
const codeOf = async (act: () => unknown) => (await refusalOf(act)).code;

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(value >> 7)];
const packed = (values: readonly number[], width: number) =>
  values.reduceRight((bits, value) => (bits << BigInt(width)) | BigInt(value), 0n);
const littleEndian = (bits: bigint, length: number) =>
  Array.from({ length }, (_, i) => Number((bits >> BigInt(8 * i)) & 255n));

describe('runs and bit-packed groups', () => {
  it('read back as they were packed, at every width', () => {
    const pieces = fc.integer({ min: 0, max: 32 }).chain((width) => {
      const number = fc.nat(2 ** 31 - 1).map((value) => (2 * value + (value & 1)) % 2 ** width);
      const run = fc.record({ value: number, times: fc.integer({ min: 0, max: 300 }) });
      const groups = fc
        .integer({ min: 1, max: 5 })
        .chain((n) => fc.array(number, { minLength: 8 * n, maxLength: 8 * n }));
      return fc.record({
        width: fc.constant(width),
        pieces: fc.array(fc.oneof(run, groups), { maxLength: 6 }),
      });
    });
    fc.assert(
      fc.property(pieces, fc.nat(7), ({ width, pieces }, unwanted) => {
        const bytes = pieces.flatMap((piece) =>
          Array.isArray(piece)
            ? [
                ...varint((piece.length / 8) * 2 + 1),
                ...littleEndian(packed(piece, width), (piece.length * width) / 8),
              ]
            : [...varint(2 * piece.times), ...littleEndian(BigInt(piece.value), Math.ceil(width / 8))],
        );
        const values = pieces.flatMap((piece) =>
          Array.isArray(piece) ? piece : Array(piece.times).fill(piece.value),
        );
        // the last group may hold padding
        const count = Array.isArray(pieces.at(-1)) ? values.length - unwanted : values.length;
        expect([...readRuns(bytesReader(...bytes), width, count)]).toEqual(values.slice(0, count));
      }),
      { seed: 71, numRuns: 300 },
    );
  });

  it('read the example of the specification: 0 to 7 at three bits', () => {
    expect([...readRuns(bytesReader(0b11, 0b10001000, 0b11000110, 0b11111010), 3, 8)]).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7,
    ]);
  });

  it('read numbers of 32 bits, and of none', () => {
    expect([...readRuns(bytesReader(2, 255, 255, 255, 255), 32, 1)]).toEqual([2 ** 32 - 1]);
    expect([...readRuns(bytesReader(6), 0, 3)]).toEqual([0, 0, 0]);
  });

  it.each([
    ['a run of 2^31 - 1 where ten are left', [0xfe, 0xff, 0xff, 0xff, 0x0f, 1], 1, 10],
    ['a run of a number beyond its width', [20, 2], 1, 10],
    ['a run that is one too long', [22, 1], 1, 10],
    ['groups that end early', [3, 0], 12, 8],
    ['2^33 groups of no bits and then nothing', [0], 1, 10],
    ['a width of 33 bits', [20, 0, 0, 0, 0, 0], 33, 10],
    ['a number without end', Array(40).fill(255), 1, 10],
  ])('refuse %s', async (_, bytes, width, count) => {
    expect(await codeOf(() => readRuns(bytesReader(...bytes), width, count))).toBe('invalid_parquet');
  });
});

describe('differences', () => {
  it('read back as they were written, extremes included', () => {
    const integers = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt({ min: -9n, max: 9n }),
    );
    fc.assert(
      fc.property(fc.array(integers, { maxLength: 300 }), (values) => {
        const reader = readerOf((writer) => deltaBinaryPack(writer, BigInt64Array.from(values), 'INT64'));
        expect([...readDeltas(reader, values.length)]).toEqual(values);
      }),
      { seed: 72, numRuns: 200 },
    );
  });

  it('of texts read back as they were written, and count what they take', () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 9 }), { maxLength: 60 });
    fc.assert(
      fc.property(texts, (values) => {
        const bytes = values.map((text) => new TextEncoder().encode(text));
        const reader = readerOf((writer) => deltaByteArray(writer, bytes));
        let spent = 0;
        const got = readDeltaByteArrays(reader, values.length, (more) => {
          spent += more;
        });
        expect(got.map((text) => new TextDecoder().decode(text))).toEqual(values);
        expect(spent).toBe(values.join('').length);
      }),
      { seed: 73, numRuns: 200 },
    );
  });

  it.each([
    ['no miniblocks', [128, 1, 0, 5, 0]],
    ['fewer than none', [128, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 5, 0, 0]],
    ['another count', [128, 1, 4, 6, 0]],
    ['a block without end', [0x80, 0x80, 0x80, 0x80, 0x08, 4, 5, 0]],
    ['widths above 64 bits', [128, 1, 4, 5, 0, 0, 65, 0, 0, 0, ...Array(400).fill(0)]],
    ['an end inside', [128, 1, 4, 5, 0, 0, 8, 0, 0, 0, 1, 2]],
  ])('are refused with %s', async (_, bytes) => {
    expect(await codeOf(() => readDeltas(bytesReader(...bytes), 5))).toBe('invalid_parquet');
  });
});

describe('metadata in Thrift', () => {
  it('reads back as it was written', () => {
    const reader = readerOf((writer) =>
      serializeTCompactProtocol(writer, {
        field_1: 7,
        field_2: -(2n ** 40n),
        field_3: 'text',
        field_5: [{ field_20: true }, { field_40: false }],
        field_6: [1, -2, 3],
      }),
    );
    const fields = readThrift(reader, 100);
    expect([fields.get(1), fields.get(2), fields.get(6)]).toEqual([7, -(2 ** 40), [1, -2, 3]]);
    expect(new TextDecoder().decode(fields.get(3) as Uint8Array)).toBe('text');
    expect(fields.get(5)).toEqual([new Map([[20, true]]), new Map([[40, false]])]);
    expect(reader.left).toBe(0);
  });

  it.each([
    [
      'lists in lists that each say they have 2^25 entries',
      [0x19, ...Array(20).fill([0xf9, 0x80, 0x80, 0x80, 0x10]).flat()],
    ],
    ['17 million booleans', new Uint8Array(17_000_000).fill(0x11)],
    ['structures a thousand deep', Array(1000).fill(0x1c)],
    ['a million empty structures', [0x19, 0xfc, 0xc0, 0x84, 0x3d, ...Array(1_000_000).fill(0), 0]],
    ['a text that is longer than the rest', [0x18, 0x20, 0x41]],
    ['a text of a negative length', [0x18, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x41]],
    ['a number of a million bytes', [0x16, ...Array(1_000_000).fill(0xff)]],
    ['a map', [0x1b, 0]],
    ['no end', [0x15, 2]],
  ])('refuses %s, at once', async (_, bytes) => {
    const start = cpuTime();
    expect(await codeOf(() => readThrift(new ByteReader(Uint8Array.from(bytes)), 1_000_000))).toBe(
      'invalid_parquet',
    );
    expect(cpuTime() - start).toBeLessThan(2000);
  });
});

describe('LZ4 blocks', () => {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

  it('decompress literals and matches, overlapping ones too', () => {
    // 15 + 1 literals; a match of 15 + 255 + 2 + 4 bytes at distance 2; one literal
    const long = Uint8Array.of(0xff, 1, ...Array(14).fill(0x2e), 0x68, 0x69, 2, 0, 255, 2, 0x10, 0x21);
    expect(text(decompress(Uint8Array.of(0x30, 0x61, 0x62, 0x63), 'LZ4_RAW', 3))).toBe('abc');
    expect(text(decompress(Uint8Array.of(0x14, 0x61, 1, 0, 0x10, 0x62), 'LZ4_RAW', 10))).toBe(
      `${'a'.repeat(9)}b`,
    );
    expect(text(decompress(long, 'LZ4_RAW', 293))).toBe(`${'.'.repeat(14)}hi${'hi'.repeat(138)}!`);
  });

  it.each([
    ['a match before the page', [0x14, 0x61, 2, 0, 0x10, 0x62], 10],
    ['a match of no distance', [0x14, 0x61, 0, 0, 0x10, 0x62], 10],
    ['more than the page', [0x1f, 0x61, 1, 0, 255, 255, 255, 0, 0x10, 0x62], 10],
    ['less than the page', [0x10, 0x61], 10],
    ['literals that are not there', [0xf0, 255, 255], 10],
    ['an end inside a length', [0x1f, 0x61, 1, 0, 255], 300],
    ['nothing', [], 10],
  ])('are refused with %s', async (_, bytes, size) => {
    expect(await codeOf(() => decompress(Uint8Array.from(bytes), 'LZ4_RAW', size))).toBe('invalid_parquet');
  });
});

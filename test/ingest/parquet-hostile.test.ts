import { zstdCompressSync } from 'node:zlib';
import type { FileMetaData, SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { deltaBinaryPack } from 'hyparquet-writer/src/delta.js';
import { describe, expect, it } from 'vitest';
import { datasetFromParquet } from '../../src/ingest/parquet/parquet.ts';
import {
  dataPage,
  dictionaryPage,
  fileOfPages,
  parquetOf,
  withFooter,
  withFooterBytes,
  withRawFooter,
} from '../support/models/parquet-files.ts';
import { MARKER, refusalOf } from '../support/models/refusal.ts';
import { LIMITS } from '../support/models/settings.ts';
import { cpuTime } from '../support/process/cpu-time.ts';
import { streamOf } from '../support/stores/bytes.ts';

const FILE = parquetOf({
  columnData: [
    { name: 'x', type: 'DOUBLE', data: [1, 2, null, 4] },
    { name: 'y', type: 'STRING', data: ['a', 'b', 'a', 'b'] },
  ],
  rowGroupSize: 2,
});
const TEXT: SchemaElement = {
  name: 'y',
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: 'REQUIRED',
};
const BOOLEAN: SchemaElement = { name: 'y', type: 'BOOLEAN', repetition_type: 'REQUIRED' };

const read = (file: Uint8Array, limits = LIMITS) =>
  datasetFromParquet(streamOf(file), { target: 'y' }, limits);

/** Whatever it is, a refusal takes little time and memory. */
async function quickRefusalOf(file: Uint8Array, limits = LIMITS) {
  const start = cpuTime();
  const { rss } = process.memoryUsage();
  const error = await refusalOf(() => read(file, limits));
  expect(cpuTime() - start).toBeLessThan(5000);
  expect(process.memoryUsage().rss - rss).toBeLessThan(1e9);
  return error;
}

describe('a Parquet file that is damaged or hostile', () => {
  it.each<[string, Uint8Array, string]>([
    ['is empty', new Uint8Array(), 'starts and ends with PAR1'],
    ['is text', Buffer.from(`x,y\n${MARKER},a\n`), 'starts and ends with PAR1'],
    ['is cut off', FILE.subarray(0, -1), 'starts and ends with PAR1'],
    ['has lost its start', FILE.subarray(1), 'starts and ends with PAR1'],
    ['is two magic words', Buffer.from('PAR1PAR1'), 'starts and ends with PAR1'],
    [
      'has a footer of more than the file',
      Buffer.from('PAR1\xff\xff\xff\x7fPAR1', 'latin1'),
      'the footer is longer',
    ],
    ['is encrypted', Buffer.from('PARE\0\0\0\0PARE'), 'encrypted'],
    ['has no metadata', withFooterBytes(FILE, Uint8Array.of(0)), 'number of rows'],
    [
      'has a footer that nests lists',
      withFooterBytes(FILE, Uint8Array.from([0x19, ...Array(99).fill(0x19)])),
      'nested',
    ],
  ])('is refused when it %s', async (_, file, says) => {
    const error = await quickRefusalOf(file);
    expect(error.code).toBe('invalid_parquet');
    expect(error.message).toContain(says);
  });

  it.each([9, -9, 2 ** 31 - 1])(
    'is refused when its schema says that a column has %i children',
    async (children) => {
      for (const element of [0, 1, 2]) {
        const file = withRawFooter(FILE, ({ field_2: schema }) => {
          schema[element]!.field_5 = children;
        });
        if (element > 0 && children < 0)
          expect((await read(file)).data.rows).toBe(4); // none is none
        else expect((await quickRefusalOf(file)).message).toMatch(/schema/);
      }
    },
  );

  const chunk = ({ row_groups: groups }: FileMetaData, group = 0, column = 0) =>
    groups[group]!.columns[column]!.meta_data!;
  it.each<[string, (metadata: FileMetaData) => void, string]>([
    ['more rows than its groups', (m) => Object.assign(m, { num_rows: 5n }), 'as many rows'],
    ['a negative number of rows', (m) => Object.assign(m, { num_rows: -1n }), 'number of rows'],
    ['2^62 rows', (m) => Object.assign(m, { num_rows: 2n ** 62n }), 'whole number'],
    ['a group of -1 rows', (m) => Object.assign(m.row_groups[0]!, { num_rows: -1n }), 'number of rows'],
    ['a chunk before the file', (m) => Object.assign(chunk(m), { data_page_offset: -9n }), 'place'],
    [
      'a chunk beyond the file',
      (m) => Object.assign(chunk(m, 1, 1), { data_page_offset: 10n ** 9n }),
      'outside',
    ],
    ['a chunk in the footer', (m) => Object.assign(chunk(m), { total_compressed_size: 400n }), 'outside'],
    ['a chunk of negative size', (m) => Object.assign(chunk(m), { total_compressed_size: -1n }), 'size'],
    [
      'a chunk of 2^63 - 1 bytes',
      (m) => Object.assign(chunk(m), { total_compressed_size: 2n ** 63n - 1n }),
      'whole number',
    ],
    [
      'a chunk in another file',
      (m) => Object.assign(m.row_groups[0]!.columns[0]!, { file_path: 'x' }),
      'another file',
    ],
    ['a chunk fewer', (m) => m.row_groups[0]!.columns.pop(), 'column chunk'],
    ['chunks in another order', (m) => m.row_groups[0]!.columns.reverse(), 'order'],
    ['a chunk of another type', (m) => Object.assign(chunk(m), { type: 'INT64' }), 'another type'],
    ['a codec that is not read', (m) => Object.assign(chunk(m), { codec: 'LZO' }), 'packed with LZO'],
    [
      'another codec than it says',
      (m) => Object.assign(chunk(m), { codec: 'GZIP' }),
      'cannot be unpacked .GZIP.',
    ],
    [
      '2^40 bytes when unpacked',
      (m) => Object.assign(chunk(m), { total_uncompressed_size: 2n ** 40n }),
      'unpacks',
    ],
    ['a schema of fewer children', (m) => Object.assign(m.schema[0]!, { num_children: 1 }), 'not a tree'],
    ['a column without type', (m) => Object.assign(m.schema[1]!, { type: undefined }), 'type of a column'],
    [
      'a chunk that is too short',
      (m) => Object.assign(chunk(m), { total_compressed_size: 5n }),
      'beyond|breaks off',
    ],
  ])('is refused when its footer says: %s', async (_, change, says) => {
    const error = await quickRefusalOf(withFooter(FILE, change));
    expect(error.code).toBe('invalid_parquet');
    expect(error.message).toMatch(new RegExp(says));
  });

  const zeros = new Uint8Array(2 ** 20);
  const text = (...letters: string[]) => Buffer.from(letters.map((letter) => `\x01\0\0\0${letter}`).join(''));
  const indexes = { encoding: 'RLE_DICTIONARY' } as const;
  it.each<[string, Uint8Array, string]>([
    ['more values than rows', fileOfPages(TEXT, 1, [dataPage(2, text('a', 'b'))]), 'more values than rows'],
    ['fewer values than rows', fileOfPages(TEXT, 3, [dataPage(2, text('a', 'b'))]), 'breaks off'],
    [
      'fewer bytes than values',
      fileOfPages(TEXT, 3, [dataPage(3, text('a', 'b'))]),
      'shorter than its values',
    ],
    [
      'a text beyond its page',
      fileOfPages(TEXT, 1, [dataPage(1, Buffer.from('\x09\0\0\0ab'))]),
      'cannot be read',
    ],
    [
      '2^31 - 1 booleans in a byte',
      fileOfPages(BOOLEAN, 2, [dataPage(2 ** 31 - 1, Uint8Array.of(1))]),
      'more values',
    ],
    ['a million booleans in a byte', fileOfPages(BOOLEAN, 1e6, [dataPage(1e6, Uint8Array.of(1))]), 'shorter'],
    [
      'a run without end',
      fileOfPages(TEXT, 2, [
        dictionaryPage(2, text('a', 'b')),
        dataPage(2, Uint8Array.of(1, 0xfe, 0xff, 0xff, 0xff, 0x0f, 1), indexes),
      ]),
      'a run that is longer',
    ],
    [
      'a position behind its dictionary',
      fileOfPages(TEXT, 2, [dictionaryPage(2, text('a', 'b')), dataPage(2, Uint8Array.of(2, 4, 2), indexes)]),
      'not in its dictionary',
    ],
    [
      'no dictionary',
      fileOfPages(TEXT, 2, [dataPage(2, Uint8Array.of(1, 4, 1), indexes)]),
      'dictionary is missing',
    ],
    [
      'a dictionary of 16 million empty texts in 2 KB',
      fileOfPages(
        TEXT,
        2,
        [
          dictionaryPage(2 ** 24, zstdCompressSync(new Uint8Array(2 ** 26)), 2 ** 26),
          dataPage(2, Uint8Array.of(0)),
        ],
        'ZSTD',
      ),
      'more than 1048576 entries',
    ],
    [
      'a page of 2 GB',
      fileOfPages(TEXT, 2, [dataPage(2, text('a', 'b'), {}, 2 ** 31 - 1)], 'SNAPPY'),
      'more than 67108864 bytes',
    ],
    [
      'a page that unpacks to more than it says',
      fileOfPages(TEXT, 2, [dataPage(2, zstdCompressSync(new Uint8Array(2 ** 28)), {}, 10)], 'ZSTD'),
      'cannot be unpacked (ZSTD)',
    ],
    [
      'a page that unpacks to less than it says',
      fileOfPages(TEXT, 2, [dataPage(2, zstdCompressSync(text('a', 'b')), {}, 11)], 'ZSTD'),
      'another size',
    ],
    [
      'dictionary upon dictionary',
      fileOfPages(
        TEXT,
        2,
        Array(40).fill(dictionaryPage(0, zstdCompressSync(new Uint8Array(2 ** 26)), 2 ** 26)),
        'ZSTD',
      ),
      'has a second dictionary',
    ],
    [
      'a hundred thousand empty pages',
      fileOfPages(TEXT, 2, Array(1e5).fill(dataPage(0, new Uint8Array()))),
      'breaks off',
    ],
    [
      'levels longer than the page',
      fileOfPages(TEXT, 2, [dataPage(2, zeros, { definition_levels_byte_length: 2 ** 30 })]),
      'beyond',
    ],
    [
      'negative levels',
      fileOfPages(TEXT, 2, [dataPage(2, zeros, { repetition_levels_byte_length: -8 })]),
      'size of levels',
    ],
    [
      'an encoding of other types',
      fileOfPages(TEXT, 2, [dataPage(2, zeros, { encoding: 'RLE' })]),
      'its encoding',
    ],
    [
      'an unknown encoding',
      fileOfPages(TEXT, 2, [dataPage(2, zeros, { encoding: 'BIT_PACKED' })]),
      'its encoding',
    ],
    [
      'texts of 4 GB in a few KB',
      fileOfPages(TEXT, 1e6, [dataPage(1e6, sharedPrefixes(1e6), { encoding: 'DELTA_BYTE_ARRAY' })]),
      'the texts of a page take more than 67108864 bytes',
    ],
  ])('is refused when a page has: %s', async (_, file, says) => {
    const error = await quickRefusalOf(file);
    expect(error.code).toBe('invalid_parquet');
    expect(error.message).toContain(says);
  });

  it('is refused when a page does not fit its checksum', async () => {
    const page = dataPage(2, text('a', 'b'));
    const checked = (crc: number) => fileOfPages(TEXT, 2, [{ ...page, header: { ...page.header, crc } }]);
    expect((await quickRefusalOf(checked(1))).message).toContain('checksum');
    // binascii.crc32 of the page in Python
    expect((await read(checked(0x513cf673))).labels.classes).toEqual(['a', 'b']);
  });

  it('is refused by its footer where it is beyond the limits, before its pages are read', async () => {
    const broken = FILE.map((byte, at) => (at > 4 && at < 60 ? 255 : byte));
    expect((await quickRefusalOf(broken)).code).toBe('invalid_parquet');
    for (const [change, code] of [
      [{ rows: 3 }, 'too_many_rows'],
      [{ features: 0 }, 'too_many_features'],
      [{ cells: 3 }, 'too_many_cells'],
    ] as const) {
      expect((await quickRefusalOf(broken, { ...LIMITS, ...change })).code).toBe(code);
    }
  });
});

/** A text of 4 KiB, then many that are each the whole one before. */
function sharedPrefixes(texts: number): Uint8Array {
  const writer = new ByteWriter();
  deltaBinaryPack(
    writer,
    BigInt64Array.from({ length: texts }, (_, i) => (i === 0 ? 0n : 4096n)),
    'INT64',
  );
  deltaBinaryPack(
    writer,
    BigInt64Array.from({ length: texts }, (_, i) => (i === 0 ? 4096n : 0n)),
    'INT64',
  );
  writer.appendBytes(new Uint8Array(4096).fill(97));
  return writer.getBytes();
}

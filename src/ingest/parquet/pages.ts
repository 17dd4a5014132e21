import { crc32 } from 'node:zlib';
import { Encodings, PageTypes } from 'hyparquet/src/constants.js';
import { ByteReader, invalidParquet } from './byte-reader.ts';
import { decompress, MAX_PAGE_BYTES, type Spend } from './decompress.ts';
import type { ColumnChunk, ParquetColumn } from './footer.ts';
import { readRuns } from './run-length.ts';
import { countOf, optionalInteger, readThrift, structOf, type ThriftStruct } from './thrift.ts';
import { readPlainValues, readValues, type StoredPage, type StoredValues } from './values.ts';

/** The rows of one data page: `values` has those that are present, in order. */
export interface Page {
  readonly rows: number;
  /** For each row 1 where it has a value, else 0; undefined where every row has one. */
  readonly present: Uint32Array | undefined;
  readonly values: StoredValues;
  /** Where given, `values` are positions in it. It is the same object for all pages of a chunk. */
  readonly dictionary: StoredValues | undefined;
}

/** What the pages of a column chunk have in common. */
interface Context {
  readonly column: ParquetColumn;
  readonly codec: string;
  readonly spend: Spend;
  dictionary: StoredValues | undefined;
}

/** What a page costs at least, so that a file of empty pages has an end too. */
const LEAST_PAGE = 1024;
/** Entries of a dictionary: each takes some 100 bytes when it is read, however short it is. */
const MAX_ENTRIES = 2 ** 20;
const MAX_HEADER_VALUES = 1000;

/**
 * Reads the data pages of a column chunk, which has `rows` rows. Memory: one page and the chunk's dictionary,
 * each at most MAX_PAGE_BYTES unpacked. Yields at least after every second page, so that the caller can give
 * turns. Throws invalid_parquet when the pages are not what their headers say.
 * Source: parquet-format, README.md "Data Pages" and parquet.thrift (PageHeader).
 */
export function* readPages(
  file: Uint8Array,
  column: ParquetColumn,
  chunk: ColumnChunk,
  rows: number,
  spend: Spend,
): Generator<Page> {
  const reader = new ByteReader(file, chunk.start, chunk.end);
  const context: Context = { column, codec: chunk.codec, spend, dictionary: undefined };
  for (let left = rows; left > 0; ) {
    const header = readThrift(reader, MAX_HEADER_VALUES);
    const size = countOf(header, 2, 'size of a page');
    const packed = reader.take(countOf(header, 3, 'size of a page'));
    spend(Math.max(size, packed.length, LEAST_PAGE));
    if (size > MAX_PAGE_BYTES || packed.length > 2 * MAX_PAGE_BYTES) {
      throw invalidParquet(
        `column '${column.name}': a page has more than ${MAX_PAGE_BYTES} bytes; write smaller pages`,
      );
    }
    const checksum = optionalInteger(header, 4);
    if (checksum !== undefined && crc32(packed) !== checksum >>> 0) {
      throw invalidParquet(`column '${column.name}': a page does not fit its checksum`);
    }
    const type = PageTypes[countOf(header, 1, 'type of a page')];
    if (type === 'DICTIONARY_PAGE' && context.dictionary === undefined) {
      const count = countOf(structOf(header.get(7), 'dictionary'), 1, 'number of values');
      if (count > MAX_ENTRIES) {
        throw invalidParquet(`column '${column.name}': its dictionary has more than ${MAX_ENTRIES} entries`);
      }
      const page = decompress(packed, chunk.codec, size);
      context.dictionary = readPlainValues({ page, offset: 0 }, column, count);
    } else if (type === 'DATA_PAGE' || type === 'DATA_PAGE_V2') {
      const about = structOf(header.get(type === 'DATA_PAGE' ? 5 : 8), 'data page');
      const pageRows = countOf(about, 1, 'number of values');
      if (pageRows > left) throw invalidParquet(`column '${column.name}' has more values than rows`);
      const read = type === 'DATA_PAGE' ? readDataPage : readDataPageV2;
      yield read(context, about, pageRows, packed, size);
      left -= pageRows;
    } else
      throw invalidParquet(`column '${column.name}' has a second dictionary, or a page of an unknown type`);
  }
}

/** Version 1: levels and values are packed together, the levels behind their length. */
function readDataPage(
  context: Context,
  about: ThriftStruct,
  rows: number,
  packed: Uint8Array,
  size: number,
): Page {
  const { column } = context;
  const page = decompress(packed, context.codec, size);
  const reader = new ByteReader(page);
  let present: Uint32Array | undefined;
  if (column.repetition === 'optional') {
    if (Encodings[countOf(about, 3, 'encoding of levels')] !== 'RLE') {
      throw invalidParquet(`column '${column.name}': the encoding of its missing values is not read`);
    }
    present = readRuns(new ByteReader(reader.take(reader.uint32())), 1, rows);
  }
  const encoding = countOf(about, 2, 'encoding');
  return pageOf(context, rows, present, { page, offset: reader.offset, encoding });
}

/** Version 2: the levels come first, with their length in the header, and are not packed. */
function readDataPageV2(
  context: Context,
  about: ThriftStruct,
  rows: number,
  packed: Uint8Array,
  size: number,
): Page {
  const reader = new ByteReader(packed);
  reader.take(countOf(about, 6, 'size of levels'));
  const levels = new ByteReader(reader.take(countOf(about, 5, 'size of levels')));
  if (reader.offset > size) throw invalidParquet('a page is smaller than its levels');
  const present = context.column.repetition === 'optional' ? readRuns(levels, 1, rows) : undefined;
  const codec = about.get(7) === false ? 'UNCOMPRESSED' : context.codec;
  const page = decompress(packed.subarray(reader.offset), codec, size - reader.offset);
  return pageOf(context, rows, present, { page, offset: 0, encoding: countOf(about, 4, 'encoding') });
}

function pageOf(
  { column, dictionary, spend }: Context,
  rows: number,
  present: Uint32Array | undefined,
  stored: StoredPage & { readonly encoding: number },
): Page {
  const encoding = Encodings[stored.encoding];
  const count = present === undefined ? rows : present.reduce((sum, one) => sum + one, 0);
  if (count === 0) return { rows, present, values: [], dictionary: undefined };
  if (encoding !== 'PLAIN_DICTIONARY' && encoding !== 'RLE_DICTIONARY') {
    const values = readValues(stored, column, count, encoding, spend);
    return { rows, present, values, dictionary: undefined };
  }
  if (dictionary === undefined) throw invalidParquet(`column '${column.name}': its dictionary is missing`);
  const reader = new ByteReader(stored.page, stored.offset);
  const values = readRuns(reader, reader.byte(), count);
  if (!values.every((value) => value < dictionary.length)) {
    throw invalidParquet(`column '${column.name}': a value is not in its dictionary`);
  }
  return { rows, present, values, dictionary };
}

import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { ByteReader, invalidParquet } from './byte-reader.ts';
import type { Spend } from './decompress.ts';
import { readDeltaByteArrays, readDeltaLengthByteArrays, readDeltas } from './delta.ts';
import type { ParquetColumn } from './footer.ts';
import { readRuns } from './run-length.ts';

/** Values as the file stores them, indexed from 0. */
export type StoredValues = ArrayLike<unknown>;

/** A page, and where its values begin. */
export interface StoredPage {
  readonly page: Uint8Array<ArrayBuffer>;
  readonly offset: number;
}

/** Bytes that one value takes at least where it stands as it is. */
const PLAIN_BYTES: Readonly<Record<string, number>> = {
  BOOLEAN: 1 / 8,
  INT32: 4,
  INT64: 8,
  INT96: 12,
  FLOAT: 4,
  DOUBLE: 8,
  BYTE_ARRAY: 4,
};

/** Reads `count` values that stand one after the other, as they are. */
export function readPlainValues({ page, offset }: StoredPage, column: ParquetColumn, count: number) {
  checkRoom(page.length - offset, column, count);
  // hyparquet reads a text as far as the buffer goes, which ends with the page
  const reader = { view: new DataView(page.buffer), offset };
  return decoded(() => readPlain(reader, column.physical as 'INT32', count, column.typeLength), count);
}

/** Reads `count` values in any encoding but a dictionary's. `spend` is told of bytes beyond the page's own. */
export function readValues(
  stored: StoredPage,
  column: ParquetColumn,
  count: number,
  encoding: string | undefined,
  spend: Spend,
): StoredValues {
  const { physical } = column;
  const { page, offset } = stored;
  const reader = new ByteReader(page, offset);
  if (encoding === 'PLAIN') return readPlainValues(stored, column, count);
  if (encoding === 'RLE' && physical === 'BOOLEAN') {
    const length = reader.uint32();
    return readRuns(new ByteReader(reader.take(length)), 1, count);
  }
  if (encoding === 'BYTE_STREAM_SPLIT' && physical !== 'BYTE_ARRAY') {
    checkRoom(page.length - offset, column, count);
    const bytes = { view: new DataView(page.buffer), offset };
    return decoded(() => byteStreamSplit(bytes, count, physical as 'INT32', column.typeLength), count);
  }
  if (encoding === 'DELTA_BINARY_PACKED' && physical === 'INT64') return readDeltas(reader, count);
  if (encoding === 'DELTA_BINARY_PACKED' && physical === 'INT32') {
    return Int32Array.from(readDeltas(reader, count), (value) => Number(BigInt.asIntN(32, value)));
  }
  if (encoding === 'DELTA_LENGTH_BYTE_ARRAY' && physical === 'BYTE_ARRAY') {
    return readDeltaLengthByteArrays(reader, count);
  }
  if (encoding === 'DELTA_BYTE_ARRAY' && physical.endsWith('BYTE_ARRAY')) {
    const values = readDeltaByteArrays(reader, count, spend);
    const length = physical === 'BYTE_ARRAY' ? undefined : column.typeLength;
    if (length === undefined || values.every((value) => value.length === length)) return values;
  }
  throw invalidParquet(`column '${column.name}': its encoding is unknown, or not one for ${physical}`);
}

function checkRoom(bytes: number, { physical, typeLength }: ParquetColumn, count: number): void {
  const each = PLAIN_BYTES[physical] ?? typeLength;
  if (!(each > 0 && count * each <= bytes)) throw invalidParquet('a page is shorter than its values');
}

/** hyparquet's messages may quote the file, so they are not passed on. */
function decoded(read: () => StoredValues, count: number): StoredValues {
  try {
    const values = read();
    if (values.length === count) return values;
  } catch (cause) {
    throw invalidParquet('a page has values that cannot be read', cause);
  }
  throw invalidParquet('a page has another number of values than its header says');
}

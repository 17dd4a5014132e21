import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { type FileMetaData, type PageHeader, parquetMetadata, type SchemaElement } from 'hyparquet';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { ByteWriter, parquetWriteBuffer } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';
import type { ParquetWriteOptions } from 'hyparquet-writer/src/types.js';
import { type PlainTable, TARGET } from './tables.ts';

/** Codecs that the writer can use here; it brings Snappy itself. */
export const CODECS = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'ZSTD'] as const;
const compressors = {
  GZIP: (bytes: Uint8Array) => gzipSync(bytes),
  BROTLI: (bytes: Uint8Array) => brotliCompressSync(bytes),
  ZSTD: (bytes: Uint8Array) => zstdCompressSync(bytes),
};

/** Columns as a Parquet file. */
export function parquetOf(options: Omit<ParquetWriteOptions, 'writer'>): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ compressors, ...options }));
}

const TYPES = { number: 'DOUBLE', boolean: 'BOOLEAN', category: 'STRING' } as const;

/** A table as a Parquet file, its labels in the last column. */
export function parquetOfTable(
  table: PlainTable,
  options: Partial<ParquetWriteOptions> = {},
  encoding?: 'PLAIN' | 'RLE_DICTIONARY',
): Uint8Array {
  const columns = [...table.columns, { name: TARGET, type: 'category' as const, cells: table.labels }];
  const columnData = columns.map(({ name, type, cells }) => ({
    name,
    type: TYPES[type],
    data: [...cells],
    nullable: cells.includes(null),
    ...(encoding !== undefined && { encoding }),
  }));
  return parquetOf({ columnData, ...options });
}

/** The same file with its footer changed, and without statistics. */
export function withFooter(file: Uint8Array, change: (metadata: FileMetaData) => void): Uint8Array {
  const metadata = parquetMetadata(file);
  const body = file.subarray(0, file.length - 8 - metadata.metadata_length);
  for (const { columns } of metadata.row_groups)
    for (const { meta_data } of columns) delete meta_data?.statistics;
  change(metadata);
  const writer = new ByteWriter();
  writer.appendBytes(body);
  writeMetadata(writer, metadata);
  return withMagic(writer);
}

/** The same file with its footer changed as it stands in Thrift: `field_2` is the schema. */
export function withRawFooter(
  file: Uint8Array,
  change: (footer: { field_2: RawElement[] }) => void,
): Uint8Array {
  const { metadata_length: length } = parquetMetadata(file);
  const start = file.length - 8 - length;
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const footer = deserializeTCompactProtocol({ view, offset: start }) as unknown as { field_2: RawElement[] };
  change(footer);
  const number = ([name]: [string, unknown]) => Number(name.slice('field_'.length));
  footer.field_2 = footer.field_2.map((element) =>
    Object.fromEntries(Object.entries(element).sort((a, b) => number(a) - number(b))),
  );
  const writer = new ByteWriter();
  serializeTCompactProtocol(writer, footer);
  return withFooterBytes(file, writer.getBytes());
}

interface RawElement {
  field_5?: number;
}

/** The same file with other bytes as its footer. */
export function withFooterBytes(file: Uint8Array, footer: Uint8Array): Uint8Array {
  const { metadata_length: length } = parquetMetadata(file);
  const writer = new ByteWriter();
  writer.appendBytes(file.subarray(0, file.length - 8 - length));
  writer.appendBytes(footer);
  writer.appendUint32(footer.length);
  return withMagic(writer);
}

/** A file of one column in one row group, of pages as they are given, whether they fit or not. */
export function fileOfPages(
  column: SchemaElement,
  rows: number,
  pages: readonly { header: PageHeader; bytes: Uint8Array }[],
  codec: 'UNCOMPRESSED' | 'SNAPPY' | 'GZIP' | 'BROTLI' | 'ZSTD' | 'LZ4_RAW' | 'LZO' = 'UNCOMPRESSED',
): Uint8Array {
  const writer = new ByteWriter();
  writer.appendBytes(new TextEncoder().encode('PAR1'));
  for (const { header, bytes } of pages) {
    writePageHeader(writer, header);
    writer.appendBytes(bytes);
  }
  const size = BigInt(writer.offset - 4);
  const metadata = {
    type: column.type!,
    encodings: [],
    path_in_schema: [column.name],
    codec,
    num_values: BigInt(rows),
    total_uncompressed_size: size,
    total_compressed_size: size,
    data_page_offset: 4n,
  };
  writeMetadata(writer, {
    version: 2,
    schema: [{ name: 'root', num_children: 1 }, column],
    num_rows: BigInt(rows),
    row_groups: [
      { columns: [{ file_offset: 4n, meta_data: metadata }], total_byte_size: size, num_rows: BigInt(rows) },
    ],
    metadata_length: 0,
  });
  return withMagic(writer);
}

/** A data page of version 2, with levels where given. */
export function dataPage(
  rows: number,
  bytes: Uint8Array,
  change: Partial<PageHeader['data_page_header_v2'] & object> = {},
  size = bytes.length,
) {
  const header: PageHeader = {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: size,
    compressed_page_size: bytes.length,
    data_page_header_v2: {
      num_values: rows,
      num_nulls: 0,
      num_rows: rows,
      encoding: 'PLAIN',
      definition_levels_byte_length: 0,
      repetition_levels_byte_length: 0,
      is_compressed: true,
      ...change,
    },
  };
  return { header, bytes };
}

export function dictionaryPage(values: number, bytes: Uint8Array, size = bytes.length) {
  const header: PageHeader = {
    type: 'DICTIONARY_PAGE',
    uncompressed_page_size: size,
    compressed_page_size: bytes.length,
    dictionary_page_header: { num_values: values, encoding: 'PLAIN' },
  };
  return { header, bytes };
}

function withMagic(writer: ByteWriter): Uint8Array {
  writer.appendBytes(new TextEncoder().encode('PAR1'));
  return writer.getBytes();
}

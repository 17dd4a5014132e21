import { CompressionCodecs, ConvertedTypes, ParquetTypes } from 'hyparquet/src/constants.js';
import { ByteReader, invalidParquet } from './byte-reader.ts';
import {
  countOf,
  listOf,
  optionalInteger,
  readThrift,
  structOf,
  type ThriftStruct,
  type ThriftValue,
  textOf,
} from './thrift.ts';

/** A top-level column of the schema. */
export interface ParquetColumn {
  readonly name: string;
  /** Its type in the file; `GROUP` where it has columns of its own. */
  readonly physical: string;
  /** What its values mean, by Parquet's names (STRING, DATE, LIST, ..), undefined where nothing is said. */
  readonly annotation: string | undefined;
  readonly signed: boolean;
  readonly scale: number;
  readonly typeLength: number;
  readonly repetition: 'required' | 'optional' | 'repeated';
  /** The number of its first column chunk in every row group. */
  readonly chunk: number;
}

/** Where the values of one column are in one row group. */
export interface ColumnChunk {
  readonly codec: string;
  readonly start: number;
  readonly end: number;
  readonly unpackedBytes: number;
}

export interface RowGroup {
  readonly rows: number;
  /** The chunk of a column: checked when it is asked for. */
  readonly chunkOf: (column: ParquetColumn) => ColumnChunk;
}

export interface Footer {
  readonly rows: number;
  readonly columns: readonly ParquetColumn[];
  readonly rowGroups: readonly RowGroup[];
}

const MAGIC = 'PAR1';
const MAX_FOOTER_BYTES = 16 * 2 ** 20;
/** A column chunk with its statistics counts as some 130: enough for 23,000 of them, in at most some 200 MB. */
const MAX_VALUES = 3_000_000;

/**
 * Reads the metadata at the end of a Parquet file: schema and places of the column chunks, no statistics.
 * Throws invalid_parquet when it contradicts itself or points outside the file; reads at most 16 MiB.
 * Source: parquet-format, parquet.thrift (FileMetaData).
 */
export function readFooter(file: Uint8Array): Footer {
  const text = (from: number) => Buffer.from(file.subarray(from, from + 4)).toString('latin1');
  const tail = file.length - 8;
  if (text(tail + 4) === 'PARE') throw invalidParquet('the file is encrypted');
  if (tail < 4 || text(0) !== MAGIC || text(tail + 4) !== MAGIC) {
    throw invalidParquet(`expected a file that starts and ends with ${MAGIC}; is it cut off?`);
  }
  const length = new ByteReader(file, tail).uint32();
  if (length > tail - 4 || length > MAX_FOOTER_BYTES) {
    throw invalidParquet(`the footer is longer than the file, or than ${MAX_FOOTER_BYTES} bytes`);
  }
  const metadata = readThrift(new ByteReader(file, tail - length, tail), MAX_VALUES);
  if (metadata.has(8)) throw invalidParquet('the file is encrypted');
  const rows = countOf(metadata, 3, 'number of rows');
  const columns = columnsOf(listOf(metadata, 2, 'schema'));
  const rowGroups = listOf(metadata, 4, 'row groups').map((group) =>
    rowGroupOf(structOf(group, 'row group'), tail - length),
  );
  if (rowGroups.reduce((sum, group) => sum + group.rows, 0) !== rows) {
    throw invalidParquet('the row groups do not have as many rows as the file');
  }
  return { rows, columns, rowGroups };
}

/** The schema is a tree in depth-first order; only its top level can become columns of a table. */
function columnsOf(schema: readonly ThriftValue[]): ParquetColumn[] {
  const childrenOf = (at: number) => optionalInteger(structOf(schema[at], 'schema'), 5) ?? 0;
  const columns: ParquetColumn[] = [];
  let at = 1;
  let chunk = 0;
  for (let left = schema.length === 0 ? 0 : childrenOf(0); left > 0; left--) {
    const element = structOf(schema[at], 'schema');
    columns.push(parquetColumn(element, chunk));
    for (let pending = 1; pending > 0; pending--) {
      const children = childrenOf(at++);
      if (children <= 0) chunk++;
      else pending += children;
    }
  }
  if (at !== schema.length) throw invalidParquet('the schema is not a tree');
  return columns;
}

/** LogicalType of parquet.thrift by field number. */
const LOGICAL: Readonly<Record<number, string>> = {
  1: 'STRING',
  2: 'MAP',
  3: 'LIST',
  4: 'ENUM',
  5: 'DECIMAL',
  6: 'DATE',
  7: 'TIME',
  8: 'TIMESTAMP',
  10: 'INTEGER',
  11: 'NULL',
  12: 'JSON',
  13: 'BSON',
  14: 'UUID',
  15: 'FLOAT16',
  16: 'VARIANT',
  17: 'GEOMETRY',
  18: 'GEOGRAPHY',
};

function parquetColumn(element: ThriftStruct, chunk: number): ParquetColumn {
  const nested = (optionalInteger(element, 5) ?? 0) > 0;
  const physical = nested ? 'GROUP' : ParquetTypes[countOf(element, 1, 'type of a column')];
  if (physical === undefined) throw invalidParquet('the schema has a column of an unknown type');
  const [logical, parameters] =
    [...(element.has(10) ? structOf(element.get(10), 'logical type') : [])][0] ?? [];
  const converted = ConvertedTypes[optionalInteger(element, 6) ?? -1];
  const unsigned =
    logical === 10 ? structOf(parameters, 'integer type').get(2) === false : converted?.startsWith('UINT');
  const scale = logical === 5 ? optionalInteger(structOf(parameters, 'decimal type'), 1) : undefined;
  return {
    name: textOf(element.get(4), 'name of a column'),
    physical,
    annotation:
      logical === undefined ? converted && annotationOf(converted) : (LOGICAL[logical] ?? 'UNKNOWN'),
    signed: unsigned !== true,
    scale: scale ?? optionalInteger(element, 7) ?? 0,
    typeLength: optionalInteger(element, 2) ?? 0,
    repetition:
      (['required', 'optional', 'repeated'] as const)[optionalInteger(element, 3) ?? 0] ?? 'repeated',
    chunk,
  };
}

/** The older annotations, by the names of the newer ones. */
function annotationOf(converted: string): string {
  if (converted === 'UTF8') return 'STRING';
  if (converted === 'MAP_KEY_VALUE') return 'MAP';
  if (/^U?INT_/.test(converted)) return 'INTEGER';
  return converted.replace(/_(MILLIS|MICROS)$/, '');
}

function rowGroupOf(group: ThriftStruct, end: number): RowGroup {
  const chunks = listOf(group, 1, 'column chunks');
  return {
    rows: countOf(group, 3, 'number of rows'),
    chunkOf: (column) => chunkOf(structOf(chunks[column.chunk], 'column chunk'), column, end),
  };
}

function chunkOf(chunk: ThriftStruct, column: ParquetColumn, fileEnd: number): ColumnChunk {
  if (chunk.has(1)) throw invalidParquet('the file refers to another file');
  if (chunk.has(8)) throw invalidParquet('the file is encrypted');
  const metadata = structOf(chunk.get(3), 'column chunk');
  const path = listOf(metadata, 3, 'path of a column');
  if (path.length !== 1 || textOf(path[0], 'path of a column') !== column.name) {
    throw invalidParquet(`the column chunks are not in the order of the schema`);
  }
  if (ParquetTypes[countOf(metadata, 1, 'type of a column')] !== column.physical) {
    throw invalidParquet(`column '${column.name}': a column chunk has another type than the schema`);
  }
  const data = countOf(metadata, 9, 'place of a column chunk');
  const dictionary = optionalInteger(metadata, 11) ?? 0;
  const start = dictionary > 0 ? Math.min(dictionary, data) : data;
  const end = start + countOf(metadata, 7, 'size of a column chunk');
  if (!(start >= MAGIC.length && end <= fileEnd)) {
    throw invalidParquet(`column '${column.name}': a column chunk lies outside the file's data`);
  }
  const codec = CompressionCodecs[countOf(metadata, 4, 'compression')];
  if (codec === undefined) throw invalidParquet(`column '${column.name}': its compression is unknown`);
  return { codec, start, end, unpackedBytes: countOf(metadata, 6, 'unpacked size of a column chunk') };
}

import { type ByteReader, invalidParquet } from './byte-reader.ts';

/** Values by field number. Numbers beyond 2^53 are approximate. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;
export type ThriftValue = boolean | number | Uint8Array | ThriftStruct | readonly ThriftValue[];

/** Structures in Parquet's metadata are at most about eight deep. */
const MAX_DEPTH = 24;
/** As many numbers as take the memory of a structure, list or view. */
const OBJECT = 6;

/**
 * Reads one structure in Thrift's compact protocol, the form of Parquet's metadata. Reads at most `most`
 * numbers, or a sixth as many structures, lists and texts, about 60 bytes of memory a number, so that few
 * bytes cannot grow to much memory; throws invalid_parquet otherwise.
 * Source: the Thrift compact protocol encoding, "Struct encoding" and "List and set".
 */
export function readThrift(reader: ByteReader, most: number): ThriftStruct {
  let values = 0;

  function struct(depth: number): ThriftStruct {
    if (depth > MAX_DEPTH) throw invalidParquet('the metadata is nested too deeply');
    const fields = new Map<number, ThriftValue>();
    for (let id = 0; ; ) {
      const header = reader.byte();
      if (header === 0) return fields;
      const delta = header >> 4;
      id = delta === 0 ? reader.zigzag() : id + delta;
      const type = header & 15;
      count(type);
      fields.set(id, type === 1 || type === 2 ? type === 1 : value(type, depth));
    }
  }

  function count(type: number): void {
    values += type < 7 ? 1 : OBJECT;
    if (values > most) throw invalidParquet('the metadata has too many values');
  }

  function value(type: number, depth: number): ThriftValue {
    if (type === 1 || type === 2) return reader.byte() === 1; // inside a list; a field has it in its header
    if (type === 3) return (reader.byte() << 24) >> 24;
    if (type === 4 || type === 5 || type === 6) return reader.zigzag();
    if (type === 7) return reader.take(8);
    if (type === 8) return reader.take(reader.varint());
    if (type === 9) return list(depth + 1);
    if (type === 12) return struct(depth + 1);
    throw invalidParquet('the metadata has a value of an unknown type');
  }

  function list(depth: number): ThriftValue[] {
    if (depth > MAX_DEPTH) throw invalidParquet('the metadata is nested too deeply');
    const header = reader.byte();
    const length = header >> 4 === 15 ? reader.varint() : header >> 4;
    const items: ThriftValue[] = [];
    for (let i = 0; i < length; i++) {
      count(header & 15);
      items.push(value(header & 15, depth));
    }
    return items;
  }

  return struct(0);
}

/** A whole number that the structure may lack. */
export function optionalInteger(struct: ThriftStruct, field: number): number | undefined {
  const value = struct.get(field);
  if (value === undefined || Number.isSafeInteger(value)) return value as number | undefined;
  throw invalidParquet('the metadata has another value where a whole number belongs');
}

/** A count, a size or an offset. */
export function countOf(struct: ThriftStruct, field: number, name: string): number {
  const value = optionalInteger(struct, field);
  if (value !== undefined && value >= 0) return value;
  throw invalidParquet(`the metadata has no valid ${name}`);
}

export function structOf(value: ThriftValue | undefined, name: string): ThriftStruct {
  if (value instanceof Map) return value;
  throw invalidParquet(`the metadata has no valid ${name}`);
}

export function listOf(struct: ThriftStruct, field: number, name: string): readonly ThriftValue[] {
  const value = struct.get(field);
  if (Array.isArray(value)) return value;
  throw invalidParquet(`the metadata has no valid ${name}`);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function textOf(value: ThriftValue | undefined, name: string): string {
  try {
    if (value instanceof Uint8Array) return utf8.decode(value);
  } catch {
    // not UTF-8: refused like any other value that is no text
  }
  throw invalidParquet(`the metadata has no valid ${name}`);
}

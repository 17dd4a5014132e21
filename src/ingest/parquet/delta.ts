import { type ByteReader, invalidParquet } from './byte-reader.ts';
import { MAX_PAGE_BYTES, type Spend } from './decompress.ts';

/**
 * Reads `count` integers stored as bit-packed differences, modulo 2^64 as the format asks. Takes O(count) time
 * and memory whatever the bytes are.
 * Source: parquet-format, Encodings.md, "Delta Encoding (DELTA_BINARY_PACKED)".
 */
export function readDeltas(reader: ByteReader, count: number): BigInt64Array {
  const block = reader.varint();
  const miniblocks = reader.varint();
  const total = reader.varint();
  const each = block / miniblocks;
  if (!(total === count && block <= 2 ** 20 && miniblocks > 0 && each > 0 && each % 8 === 0)) {
    throw invalidParquet('a page of differences has a header that cannot be');
  }
  const values = new BigInt64Array(count);
  let value = zigzag64(reader);
  let filled = 0;
  if (count > 0) values[filled++] = value;
  while (filled < count) {
    const least = zigzag64(reader);
    for (const width of reader.take(miniblocks)) {
      if (filled === count) break;
      if (width > 64) throw invalidParquet('a page of differences has one of more than 64 bits');
      const packed = reader.take((each * width) / 8);
      for (let i = 0; i < each && filled < count; i++) {
        value = BigInt.asIntN(64, value + least + bits(packed, i * width, width));
        values[filled++] = value;
      }
    }
  }
  return values;
}

/** Texts whose lengths come first, then all their bytes. */
export function readDeltaLengthByteArrays(reader: ByteReader, count: number): Uint8Array[] {
  return Array.from(readDeltas(reader, count), (length) => reader.take(Number(length)));
}

/** Texts that each begin with a part of the one before; `spend` is told of the bytes that they take. */
export function readDeltaByteArrays(reader: ByteReader, count: number, spend: Spend): Uint8Array[] {
  const prefixes = readDeltas(reader, count);
  const suffixes = readDeltaLengthByteArrays(reader, count);
  let before: Uint8Array = new Uint8Array();
  let bytes = 0;
  return suffixes.map((suffix, i) => {
    const shared = Number(prefixes[i]);
    if (!(shared >= 0 && shared <= before.length))
      throw invalidParquet('a text begins with more than the one before');
    bytes += shared + suffix.length;
    if (bytes > MAX_PAGE_BYTES)
      throw invalidParquet(`the texts of a page take more than ${MAX_PAGE_BYTES} bytes`);
    spend(shared + suffix.length);
    const text = new Uint8Array(shared + suffix.length);
    text.set(before.subarray(0, shared));
    text.set(suffix, shared);
    before = text;
    return text;
  });
}

function zigzag64(reader: ByteReader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.byte();
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
  }
  throw invalidParquet('a number has more than 64 bits');
}

/** The number of `width` bits that starts at bit `from`, the least significant first. */
function bits(packed: Uint8Array, from: number, width: number): bigint {
  let value = 0n;
  for (let got = 0; got < width; ) {
    const at = from + got;
    const taken = Math.min(8 - (at & 7), width - got);
    value |= BigInt((packed[at >>> 3]! >>> (at & 7)) & ((1 << taken) - 1)) << BigInt(got);
    got += taken;
  }
  return value;
}

import { type ByteReader, invalidParquet } from './byte-reader.ts';

/**
 * Reads `count` numbers of `width` bits (at most 32) in Parquet's hybrid of runs and bit-packed groups of
 * eight. Takes O(count) time and memory whatever the bytes are; throws invalid_parquet when they end early or
 * a run is longer than the numbers that are left.
 * Source: parquet-format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid".
 */
export function readRuns(reader: ByteReader, width: number, count: number): Uint32Array {
  if (!(width <= 32))
    throw invalidParquet('a page has numbers of more than 32 bits where at most 32 are possible');
  const values = new Uint32Array(count);
  for (let filled = 0; filled < count; ) {
    const header = reader.varint();
    if (header % 2 === 0) {
      const length = header / 2;
      if (length > count - filled) throw invalidParquet('a page has a run that is longer than the page');
      let value = 0;
      for (let shift = 0; shift < width; shift += 8) value |= reader.byte() << shift;
      if (value >>> 0 >= 2 ** width)
        throw invalidParquet('a page has a number that is too large for its width');
      values.fill(value >>> 0, filled, filled + length);
      filled += length;
    } else {
      const groups = (header - 1) / 2;
      const wanted = Math.min(8 * groups, count - filled);
      if (Math.ceil((wanted * width) / 8) > reader.left)
        throw invalidParquet('a page ends inside its values');
      // The last group is padded to eight numbers; some writers leave the padding out.
      unpackBits(
        reader.take(Math.min(groups * width, reader.left)),
        width,
        values.subarray(filled, filled + wanted),
      );
      filled += wanted;
    }
  }
  return values;
}

/** Numbers of `width` bits, the least significant bit first. */
function unpackBits(packed: Uint8Array, width: number, values: Uint32Array): void {
  let bit = 0;
  for (let i = 0; i < values.length; i++) {
    let value = 0;
    for (let got = 0; got < width; ) {
      const from = bit & 7;
      const taken = Math.min(8 - from, width - got);
      value |= ((packed[bit >>> 3]! >>> from) & ((1 << taken) - 1)) << got;
      got += taken;
      bit += taken;
    }
    values[i] = value;
  }
}

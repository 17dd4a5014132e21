import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { snappyUncompress } from 'hyparquet';
import { ByteReader, invalidParquet } from './byte-reader.ts';

/** Bytes of one page, unpacked. Writers make pages of about 1 MiB. */
export const MAX_PAGE_BYTES = 64 * 2 ** 20;

/** Told of the bytes that something takes; throws when they have been too many. */
export type Spend = (bytes: number) => void;

/**
 * Unpacks a page to exactly `size` bytes in a buffer of its own. No codec writes more than that, whatever the
 * packed bytes say: a page that does not fit is invalid_parquet.
 */
export function decompress(packed: Uint8Array, codec: string, size: number): Uint8Array<ArrayBuffer> {
  const unpacked = size === 0 ? new Uint8Array() : new Uint8Array(unpackWith(packed, codec, size));
  if (unpacked.length !== size) throw invalidParquet('a page has another size than its header says');
  return unpacked;
}

function unpackWith(packed: Uint8Array, codec: string, size: number): Uint8Array {
  const limit = { maxOutputLength: size };
  try {
    switch (codec) {
      case 'UNCOMPRESSED':
        return packed;
      case 'SNAPPY':
        return snappy(packed, size);
      case 'GZIP':
        return gunzipSync(packed, limit);
      case 'BROTLI':
        return brotliDecompressSync(packed, limit);
      case 'ZSTD':
        return zstdDecompressSync(packed, limit);
      case 'LZ4_RAW':
        return lz4(packed, size);
    }
  } catch (cause) {
    throw invalidParquet(`a page cannot be unpacked (${codec})`, cause);
  }
  throw invalidParquet(
    `pages packed with ${codec} are not read; write the file with SNAPPY, GZIP, BROTLI, ZSTD or LZ4_RAW`,
  );
}

function snappy(packed: Uint8Array, size: number): Uint8Array {
  const unpacked = new Uint8Array(size);
  snappyUncompress(packed, unpacked);
  return unpacked;
}

/** Source: lz4_Block_format.md of the LZ4 project. */
function lz4(packed: Uint8Array, size: number): Uint8Array {
  const reader = new ByteReader(packed);
  const unpacked = new Uint8Array(size);
  let length = 0;
  const extended = (start: number) => {
    let sum = start;
    if (start === 15) for (let more = 255; more === 255; sum += more) more = reader.byte();
    return sum;
  };
  for (;;) {
    const token = reader.byte();
    const literals = reader.take(extended(token >> 4));
    unpacked.set(literals, length); // throws where it does not fit
    length += literals.length;
    if (reader.left === 0) return unpacked.subarray(0, length);
    const distance = reader.byte() | (reader.byte() << 8);
    const end = length + extended(token & 15) + 4;
    if (!(distance > 0 && distance <= length && end <= size))
      throw new RangeError('a match outside the page');
    for (; length < end; length++) unpacked[length] = unpacked[length - distance]!;
  }
}

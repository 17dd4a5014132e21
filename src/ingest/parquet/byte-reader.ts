import { SuretyError } from '../../errors.ts';

/** A file that is not what the Parquet specification says. `problem` names a place, never a value. */
export function invalidParquet(problem: string, cause?: unknown): SuretyError {
  return new SuretyError('invalid_parquet', problem, { cause });
}

/** Reads bytes from `offset` on, never past `end`: running out of them is an invalid file. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  offset: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get left(): number {
    return this.end - this.offset;
  }

  byte(): number {
    if (!(this.offset < this.end)) throw invalidParquet('the file breaks off inside a structure');
    return this.bytes[this.offset++]!;
  }

  /** The next `length` bytes, as a view. */
  take(length: number): Uint8Array {
    if (!(length >= 0 && length <= this.left))
      throw invalidParquet('a length reaches beyond what it is part of');
    this.offset += length;
    return this.bytes.subarray(this.offset - length, this.offset);
  }

  /** Four bytes, little-endian, unsigned. */
  uint32(): number {
    const [a, b, c, d] = this.take(4) as unknown as [number, number, number, number];
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  }

  /** An unsigned LEB128 number of at most 64 bits; exact up to 2^53. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw invalidParquet('a number has more than 64 bits');
  }

  /** A signed number in zigzag form; exact where it is a safe integer. */
  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

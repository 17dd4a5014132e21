import { Buffer, isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { SuretyError } from '../errors.ts';

/** A record of CSV, or a line of NDJSON, may not be longer than this many characters. */
export const MAX_RECORD_LENGTH = 4 * 2 ** 20;

/**
 * Decodes a stream of bytes as UTF-8 (a byte order mark is dropped); anything else is an error, never a
 * guess.
 */
export async function* decodeUtf8(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of bytes) yield decode(decoder, chunk, true);
  yield decode(decoder, new Uint8Array(), false);
}

function decode(decoder: TextDecoder, chunk: Uint8Array, stream: boolean): string {
  try {
    return decoder.decode(chunk, { stream });
  } catch (cause) {
    throw invalidEncoding(cause);
  }
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** The same for those who read bytes: checks that they are UTF-8, and drops a byte order mark. No character lies across two chunks. */
export async function* checkedUtf8(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let begun: Uint8Array = new Uint8Array(); // of a character
  let isFirst = true;
  for await (const next of bytes) {
    const chunk = begun.length === 0 ? next : Buffer.concat([begun, next]);
    const end = endOfCharacters(chunk);
    begun = chunk.slice(end);
    const whole = chunk.subarray(0, end);
    if (!isUtf8(whole)) throw invalidEncoding();
    if (whole.length === 0) continue;
    yield isFirst && BYTE_ORDER_MARK.equals(whole.subarray(0, 3)) ? whole.subarray(3) : whole;
    isFirst = false;
  }
  if (begun.length > 0) throw invalidEncoding();
}

/** Where a character begins that the bytes end in, or their end. */
function endOfCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue; // not the first of its character
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return back < length ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function invalidEncoding(cause?: unknown): SuretyError {
  return new SuretyError('invalid_encoding', 'expected UTF-8 text, got other bytes', { cause });
}

import { TextDecoder } from 'node:util';
import { SuretyError } from '../errors.ts';

/** A cell, or a line of NDJSON, may not be longer than this many characters. */
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
    throw new SuretyError('invalid_encoding', 'expected UTF-8 text, got other bytes', { cause });
  }
}

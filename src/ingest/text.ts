import { SuretyError } from '../errors.ts';

/** A cell, or a line of NDJSON, may not be longer than this many characters. */
export const LONGEST_RECORD = 4 * 2 ** 20;

/** Decodes a stream of bytes as UTF-8 (a byte order mark is dropped); anything else is an error, never a guess. */
export async function* decodeUtf8(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new SuretyError('invalid_encoding', 'expected UTF-8 text, got other bytes', { cause: error });
  }
}

import fc from 'fast-check';

const encoder = new TextEncoder();

export const bytesOf = (text: string): Uint8Array => encoder.encode(text);

/** A stream of the given chunks, as they are. */
export async function* streamOf(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? bytesOf(chunk) : chunk;
}

/** A stream that gives its chunks and then fails. */
export async function* failingStream(error: unknown, ...chunks: string[]): AsyncGenerator<Uint8Array> {
  yield* streamOf(...chunks);
  throw error;
}

/** A stream that gives its chunks and then never goes on, and says when it is closed. */
export function stallingStream(...chunks: string[]): AsyncIterable<Uint8Array> {
  return {
    async *[Symbol.asyncIterator]() {
      yield* streamOf(...chunks);
      await new Promise(() => undefined);
    },
  };
}

/** Where to cut a file; cuts may coincide, which makes empty chunks. */
export const cutsArbitrary = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

export function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b);
  return [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end));
}

/** The bytes of a typed array, for comparisons that take every bit. */
export function bitsOf(values: ArrayBufferView): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
}

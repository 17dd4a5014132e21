import { bytesIn, copyPieces } from '../store/pieces.ts';

/** Bytes, all 0, that are shared with every thread that they are posted to. */
export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

/** Pieces as one, in shared memory: the piece itself where it is there, else a copy. */
export function sharedOf(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (pieces.length === 1 && first!.buffer instanceof SharedArrayBuffer) return first!;
  const shared = sharedBytes(bytesIn(pieces));
  copyPieces(pieces, [shared]);
  return shared;
}

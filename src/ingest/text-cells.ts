import type { Buffer } from 'node:buffer';

/** Cells of text where they stand: cell k are the bytes from `starts[k]` to `ends[k]` (exclusive), UTF-8. */
export interface TextCells {
  readonly bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

import { workerData } from 'node:worker_threads';

/**
 * Memory is taken from the system page by page as it is first written, which takes longer than the writing itself. This
 * thread writes to every page of the pieces, without changing them, ahead of the one that fills them.
 */
const PAGE = 4096;

for (const piece of workerData as readonly Uint8Array[]) {
  for (let at = 0; at < piece.length; at += PAGE) Atomics.or(piece, at, 0);
}

import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

const hash = createHash('sha256');

/** Is posted chunks, each acknowledged, and null at their end, which is answered with the checksum. */
parentPort!.on('message', (chunk: Uint8Array | null) => {
  if (chunk !== null) hash.update(chunk);
  parentPort!.postMessage(chunk === null ? hash.digest('hex') : null);
});

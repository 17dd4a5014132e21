import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { startWorker } from './start-worker.ts';

/** Chunks that may wait to be hashed. */
const MOST_WAITING = 64;

/**
 * SHA-256 in a thread of its own, so that reading a large part and hashing it go on side by side. For one part; `close` it
 * whatever happens.
 */
export class ChecksumThread {
  readonly #worker: Worker;
  #waiting = 0;

  constructor() {
    this.#worker = startWorker('checksum-worker');
    this.#worker.on('message', () => this.#waiting--);
  }

  /** Takes the next chunk, which is gone for the caller when its buffer holds nothing else. */
  async update(chunk: Uint8Array): Promise<void> {
    while (this.#waiting >= MOST_WAITING) await once(this.#worker, 'message');
    this.#waiting++;
    const { buffer } = chunk;
    const alone = buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength;
    this.#worker.postMessage(chunk, alone ? [buffer] : []);
  }

  /** The checksum in hexadecimal, once all chunks are there. */
  async digest(): Promise<string> {
    this.#worker.postMessage(null);
    for (;;) {
      const [answer] = await once(this.#worker, 'message');
      if (answer !== null) return answer;
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

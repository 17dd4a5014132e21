import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Chunks that may wait to be hashed. */
const MAX_WAITING = 64;

/**
 * SHA-256 in a thread of its own, so that reading a large part and hashing it go on side by side. For one part; `close` it
 * whatever happens.
 */
export class ChecksumThread {
  readonly #worker: Worker;
  readonly #answer: Promise<string>;
  #waiting = 0;

  constructor() {
    this.#worker = new Worker(new URL(`./checksum-worker${extname(import.meta.url)}`, import.meta.url));
    this.#answer = new Promise((resolve, reject) => {
      this.#worker.once('error', reject);
      this.#worker.once('exit', () => reject(new Error('the checksum thread ended')));
      this.#worker.on('message', (answer: string | null) => {
        if (answer === null) this.#waiting--;
        else resolve(answer);
      });
    });
    this.#answer.catch(() => undefined); // thrown by `digest`, if it comes to that
  }

  /** Takes the next chunk, which is gone for the caller when its buffer holds nothing else. Throws when the thread has ended. */
  async update(chunk: Uint8Array): Promise<void> {
    while (this.#waiting >= MAX_WAITING) await Promise.race([once(this.#worker, 'message'), this.#answer]);
    this.#waiting++;
    const { buffer } = chunk;
    const alone = buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength;
    this.#worker.postMessage(chunk, alone ? [buffer] : []);
  }

  /** The checksum in hexadecimal, once all chunks are there. */
  digest(): Promise<string> {
    this.#worker.postMessage(null);
    return this.#answer;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

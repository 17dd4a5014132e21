import { createHash } from 'node:crypto';

/** SHA-256 in this thread. The same methods as ChecksumThread. */
export class Checksum {
  readonly #hash = createHash('sha256');

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  /** In hexadecimal. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  close(): void {}
}

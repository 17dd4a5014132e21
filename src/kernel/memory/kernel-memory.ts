import type { Memory } from './memory.ts';

/** Arrays start at multiples of a cache line. */
const LINE = 64;
const PAGE = 65536;
const MAX_PAGES = 65536;

/**
 * Arrays in the memory of a WasmKernel, one after the other, never given back. Zeroed, like any new array, when nobody
 * else has written to that memory.
 *
 * The memory is shared between threads, has its final size from the start - what a page holds is taken from the machine
 * when it is first written - and is at most 4 GiB. Offset 0 is never an array's: the kernel takes it for none.
 */
export class KernelMemory implements Memory {
  /** 4 GiB. */
  static readonly MAX_BYTES = MAX_PAGES * PAGE;

  readonly memory: WebAssembly.Memory;
  readonly #buffer: SharedArrayBuffer;
  #next: number;

  /** Bytes that arrays of so many bytes take together. */
  static bytesFor(...arrays: readonly number[]): number {
    let bytes = LINE;
    for (const array of arrays) bytes += aligned(array);
    return bytes;
  }

  /** A memory with room for `bytes` of arrays, as `bytesFor` counts them. Throws a RangeError beyond 4 GiB. */
  static ofSize(bytes: number): KernelMemory {
    const pages = Math.ceil(bytes / PAGE);
    if (!(pages <= MAX_PAGES)) {
      throw new RangeError(`kernel memory: expected at most ${MAX_PAGES * PAGE} bytes, got ${bytes}`);
    }
    return new KernelMemory(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
  }

  /** Arrays from byte `from` on of a memory that may already hold others below. Throws a TypeError unless it is shared. */
  constructor(memory: WebAssembly.Memory, from = 0) {
    const { buffer } = memory;
    if (!(buffer instanceof SharedArrayBuffer)) {
      throw new TypeError('kernel memory: expected a shared memory');
    }
    this.memory = memory;
    this.#buffer = buffer;
    this.#next = Math.max(LINE, aligned(from));
  }

  floats(length: number): Float32Array {
    return new Float32Array(this.#buffer, this.#take(4 * length), length);
  }

  doubles(length: number): Float64Array {
    return new Float64Array(this.#buffer, this.#take(8 * length), length);
  }

  integers(length: number): Int32Array {
    return new Int32Array(this.#buffer, this.#take(4 * length), length);
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(this.#buffer, this.#take(length), length);
  }

  #take(bytes: number): number {
    const start = this.#next;
    if (!(bytes >= 0 && start + bytes <= this.#buffer.byteLength)) {
      throw new RangeError(
        `kernel memory: ${this.#buffer.byteLength - start} bytes left, asked for ${bytes}`,
      );
    }
    this.#next = start + aligned(bytes);
    return start;
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / LINE) * LINE;
}

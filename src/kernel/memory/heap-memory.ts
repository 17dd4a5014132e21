import type { Memory } from './memory.ts';

/** Arrays like any other: for `referenceKernel`. */
export const heapMemory: Memory = {
  floats: (length) => new Float32Array(length),
  doubles: (length) => new Float64Array(length),
  integers: (length) => new Int32Array(length),
  bytes: (length) => new Uint8Array(length),
};

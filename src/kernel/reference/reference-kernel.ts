import { bucketMembers, countBuckets } from './buckets.ts';
import { classSums } from './class-sums.ts';
import { contributions } from './contributions.ts';
import { gains } from './gains.ts';
import { gram } from './gram.ts';
import { logMomentGains } from './log-moment-gains.ts';
import { logMoments } from './log-moments.ts';
import { solve } from './solve.ts';

/**
 * The hot loops in TypeScript: the definition of what each computes, to the last bit, on any arrays. `WasmKernel` is the
 * accelerator: the same methods with the same bits, on arrays in its own memory.
 *
 * What a method computes is said at its function. Arrays of one entry a class, and masks of attackable rows, may be anywhere
 * in both kernels. Methods throw a RangeError when lengths do not belong together or a block has no queries, and, of a
 * WasmKernel, when an array is not in its memory. A WasmKernel allocates nothing.
 */
export const referenceKernel = {
  contributions,
  solve,
  classSums,
  gains,
  countBuckets,
  bucketMembers,
  logMoments,
  logMomentGains,
  gram,
};

/** What certificates compute with, whichever of the two it is. */
export type Kernel = typeof referenceKernel;

import type { LogMoments, MomentCoefficients } from './log-moments.ts';

/**
 * The hot loops. Two implementations with the same bits: `referenceKernel`, in TypeScript, is the definition and works
 * on any arrays; `WasmKernel` is the accelerator, and works on arrays in its own memory.
 *
 * What a method computes is said at the reference function of the same name. Arrays of one entry a class, and masks of
 * attackable rows, may be anywhere in both. Methods throw a RangeError when lengths do not belong together or a block has
 * no queries, and, of a WasmKernel, when an array is not in its memory. A WasmKernel allocates nothing.
 */
export interface Kernel {
  /**
   * Contributions of `features` (rows x columns) to a block of queries: `alpha` (queries x rows) from `directions` (queries
   * x columns) and `offsets` (queries).
   */
  contributions(
    features: Float32Array,
    directions: Float64Array,
    offsets: Float64Array,
    alpha: Float64Array,
  ): void;
  /** Solves L L' u = h in place for each of `queries` vectors (queries x columns); `factor` is packed by rows. */
  solve(factor: Float64Array, vectors: Float64Array, queries: number): void;
  classSums(alpha: Float64Array, labels: Int32Array, sums: Float64Array, magnitudes: Float64Array): void;
  gains(
    alpha: Float64Array,
    labels: Int32Array,
    dropIfPositive: Float64Array,
    dropIfNegative: Float64Array,
    attackable: Uint8Array | null,
    out: Float64Array,
  ): void;
  /** Counts and sums positive gains by bucket (see GainBuckets) below the largest one's, whose number it returns. */
  countBuckets(gains: Float64Array, counts: Int32Array, totals: Float64Array): number;
  /** Writes the positive gains in one bucket to `out`, in the order of the rows; returns how many. */
  bucketMembers(gains: Float64Array, top: number, bucket: number, out: Float64Array): number;
  logMoments(
    alpha: Float64Array,
    labels: Int32Array,
    coefficients: MomentCoefficients,
    t: number,
    out: LogMoments,
  ): void;
  logMomentGains(
    alpha: Float64Array,
    labels: Int32Array,
    coefficients: MomentCoefficients,
    targetIfPositive: Int32Array,
    targetIfNegative: Int32Array,
    attackable: Uint8Array | null,
    t: number,
    out: Float64Array,
  ): number;
  /**
   * Adds `features` (rows x columns), less `means`, to rows `from` (inclusive) to `to` (exclusive) of the upper triangle of
   * the Gram matrix `values` (columns x columns). Any split of those rows has the same bits, and so has any split of the
   * features at multiples of GRAM_BLOCK rows.
   */
  gram(features: Float32Array, means: Float64Array, values: Float64Array, from: number, to: number): void;
}

/** Where the arrays of a kernel are made. */
export interface Memory {
  floats(length: number): Float32Array;
  doubles(length: number): Float64Array;
  integers(length: number): Int32Array;
  bytes(length: number): Uint8Array;
}

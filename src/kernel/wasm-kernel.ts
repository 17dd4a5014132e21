import type { instantiate } from '../../build/kernel.js';
import { entriesEach, expectLength, expectRoom } from './expect-length.ts';
import {
  areaLayout,
  CLASS_ARRAYS,
  groupsPerPanel,
  type KernelSizes,
  queriesPerBlock,
} from './memory/kernel-area.ts';
import { packedLength } from './memory/packed-length.ts';
import { fillMomentPairs, fillMomentTable, momentTableLength } from './moment-table.ts';
import { GRAM_BLOCK, gramRows } from './reference/gram.ts';
import { gainError } from './reference/log-moment-gains.ts';
import {
  concludeLogMoments,
  type LogMoments,
  type MomentCoefficients,
  SUMS,
} from './reference/log-moments.ts';
import type { Kernel } from './reference/reference-kernel.ts';
import { BUCKETS } from './shared-constants.ts';

/** What assembly/index.ts exports, as its compiler says. Arguments are byte offsets, counts, flags (0 or 1) and doubles. */
type WasmExports = Awaited<ReturnType<typeof instantiate>>;

/**
 * The kernel in WebAssembly, with the bits of `referenceKernel`.
 *
 * Works on arrays in its memory (views of `memory.buffer`; make them with a KernelMemory) and refuses others, with two
 * exceptions, which it copies to and from an area of its own in that memory: arrays of one entry a class, and a mask of
 * attackable rows. One instance serves one thread; several share a memory when each has its own area. Allocates nothing
 * after construction. Assumes, like the reference, labels below the number of classes: nothing checks them again here.
 */
export class WasmKernel implements Kernel {
  readonly #wasm: WasmExports;
  readonly #buffer: ArrayBufferLike;
  readonly #sizes: KernelSizes;
  readonly #queriesPerBlock: number;
  readonly #groupsPerPanel: number;
  /** Byte offset of the scratch. */
  readonly #scratch: number;
  readonly #classArrays: Float64Array[];
  readonly #momentTable: Float64Array;
  readonly #momentSums: Float64Array;
  readonly #mask: Uint8Array;

  /** Bytes of the area that an instance for such sizes needs. */
  static areaBytes(sizes: KernelSizes): number {
    return areaLayout(sizes).bytes;
  }

  /**
   * `module` is build/kernel.wasm, compiled. `area`: at least `areaBytes(sizes)` of `memory`, which is shared, that nobody
   * else writes to, from a multiple of 8 on.
   */
  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, area: Uint8Array, sizes: KernelSizes) {
    this.#buffer = memory.buffer;
    this.#sizes = sizes;
    this.#queriesPerBlock = queriesPerBlock(sizes.columns);
    this.#groupsPerPanel = groupsPerPanel(sizes.columns);
    const base = this.#at(area, 'kernel: area');
    const layout = areaLayout(sizes);
    expectRoom('kernel: area', area, layout.bytes);
    this.#scratch = base + layout.scratch;
    this.#classArrays = Array.from({ length: CLASS_ARRAYS }, (_, slot) => {
      const offset = base + layout.classArrays + 8 * slot * sizes.classes;
      return new Float64Array(this.#buffer, offset, sizes.classes);
    });
    const tableLength = momentTableLength(sizes.classes);
    this.#momentTable = new Float64Array(this.#buffer, base + layout.momentTable, tableLength);
    this.#momentSums = new Float64Array(this.#buffer, base + layout.momentSums, SUMS.length);
    this.#mask = new Uint8Array(this.#buffer, base + layout.mask, sizes.rows);
    const abort = () => {
      throw new Error('the kernel aborted');
    };
    const instance = new WebAssembly.Instance(module, { env: { memory, abort } });
    this.#wasm = instance.exports as unknown as WasmExports;
  }

  contributions(
    features: Float32Array,
    directions: Float64Array,
    offsets: Float64Array,
    alpha: Float64Array,
  ): void {
    const queries = offsets.length;
    const columns = this.#columns(entriesEach('contributions: directions', directions, queries));
    const rows = entriesEach('contributions: alpha', alpha, queries);
    expectLength('contributions: features', features, rows * columns);
    this.#wasm.contributions(
      this.#at(features, 'contributions: features'),
      rows,
      columns,
      this.#at(directions, 'contributions: directions'),
      this.#at(offsets, 'contributions: offsets'),
      queries,
      this.#at(alpha, 'contributions: alpha'),
      this.#scratch,
      this.#queriesPerBlock,
      this.#groupsPerPanel,
    );
  }

  solve(factor: Float64Array, vectors: Float64Array, queries: number): void {
    const columns = entriesEach('solve: vectors', vectors, queries);
    expectLength('solve: factor', factor, packedLength(columns));
    if (columns === 0) return;
    const triangle = this.#at(factor, 'solve: factor');
    this.#wasm.solve(triangle, columns, this.#at(vectors, 'solve: vectors'), queries, this.#queriesPerBlock);
  }

  classSums(alpha: Float64Array, labels: Int32Array, sums: Float64Array, magnitudes: Float64Array): void {
    const classes = this.#classes(sums.length);
    expectLength('classSums: labels', labels, alpha.length);
    expectLength('classSums: magnitudes', magnitudes, classes);
    this.#wasm.classSums(
      this.#at(alpha, 'classSums: alpha'),
      this.#at(labels, 'classSums: labels'),
      alpha.length,
      this.#classOffset(0),
      this.#classOffset(1),
      classes,
      this.#scratch,
    );
    this.#copyOut(0, sums);
    this.#copyOut(1, magnitudes);
  }

  gains(
    alpha: Float64Array,
    labels: Int32Array,
    dropIfPositive: Float64Array,
    dropIfNegative: Float64Array,
    attackable: Uint8Array | null,
    out: Float64Array,
  ): void {
    expectLength('gains: labels', labels, alpha.length);
    expectLength('gains: out', out, alpha.length);
    expectLength('gains: drops', dropIfNegative, dropIfPositive.length);
    this.#wasm.gains(
      this.#at(alpha, 'gains: alpha'),
      this.#at(labels, 'gains: labels'),
      alpha.length,
      this.#copyIn(0, dropIfPositive),
      this.#copyIn(1, dropIfNegative),
      this.#maskAt(attackable, alpha.length),
      this.#at(out, 'gains: out'),
    );
  }

  countBuckets(gains: Float64Array, counts: Int32Array, totals: Float64Array): number {
    expectLength('countBuckets: counts', counts, BUCKETS);
    expectLength('countBuckets: totals', totals, BUCKETS);
    return this.#wasm.countBuckets(
      this.#at(gains, 'countBuckets: gains'),
      gains.length,
      this.#at(counts, 'countBuckets: counts'),
      this.#at(totals, 'countBuckets: totals'),
      this.#scratch,
    );
  }

  bucketMembers(gains: Float64Array, top: number, bucket: number, out: Float64Array): number {
    expectRoom('bucketMembers: out', out, gains.length);
    const to = this.#at(out, 'bucketMembers: out');
    return this.#wasm.bucketMembers(this.#at(gains, 'bucketMembers: gains'), gains.length, top, bucket, to);
  }

  logMoments(
    alpha: Float64Array,
    labels: Int32Array,
    coefficients: MomentCoefficients,
    t: number,
    out: LogMoments,
  ): void {
    expectLength('logMoments: labels', labels, alpha.length);
    const classes = this.#classes(coefficients.level.length);
    fillMomentTable(this.#momentTable, coefficients);
    this.#wasm.logMoments(
      this.#at(alpha, 'logMoments: alpha'),
      this.#at(labels, 'logMoments: labels'),
      alpha.length,
      this.#momentTable.byteOffset,
      classes,
      t,
      this.#momentSums.byteOffset,
    );
    concludeLogMoments(this.#momentSums, alpha.length, out);
  }

  logMomentGains(
    alpha: Float64Array,
    labels: Int32Array,
    coefficients: MomentCoefficients,
    targetIfPositive: Int32Array,
    targetIfNegative: Int32Array,
    attackable: Uint8Array | null,
    t: number,
    out: Float64Array,
  ): number {
    expectLength('logMomentGains: labels', labels, alpha.length);
    expectLength('logMomentGains: out', out, alpha.length);
    const classes = this.#classes(coefficients.level.length);
    expectLength('logMomentGains: targets', targetIfPositive, classes);
    expectLength('logMomentGains: targets', targetIfNegative, classes);
    fillMomentPairs(this.#momentTable, coefficients, targetIfPositive, targetIfNegative);
    this.#wasm.logMomentGains(
      this.#at(alpha, 'logMomentGains: alpha'),
      this.#at(labels, 'logMomentGains: labels'),
      alpha.length,
      this.#momentTable.byteOffset,
      classes,
      this.#maskAt(attackable, alpha.length),
      t,
      this.#at(out, 'logMomentGains: out'),
      this.#momentSums.byteOffset,
    );
    return gainError(alpha.length, this.#momentSums);
  }

  gram(features: Float32Array, means: Float64Array, values: Float64Array, from: number, to: number): void {
    const columns = this.#columns(means.length);
    const rows = gramRows(features, means, values, from, to);
    this.#wasm.gram(
      this.#at(features, 'gram: features'),
      rows,
      columns,
      this.#at(means, 'gram: means'),
      this.#at(values, 'gram: values'),
      from,
      to,
      this.#scratch,
      GRAM_BLOCK,
    );
  }

  /** Byte offset of an array in the memory. */
  #at(array: Float32Array | Float64Array | Int32Array | Uint8Array, what: string): number {
    if (array.buffer !== this.#buffer) throw new RangeError(`${what}: not in the memory of the kernel`);
    return array.byteOffset;
  }

  #classOffset(slot: number): number {
    return this.#classArrays[slot]!.byteOffset;
  }

  #columns(columns: number): number {
    const most = this.#sizes.columns;
    if (columns > most) throw new RangeError(`kernel: made for ${most} columns, got ${columns}`);
    return columns;
  }

  #classes(classes: number): number {
    const most = this.#sizes.classes;
    if (classes > most) throw new RangeError(`kernel: made for ${most} classes, got ${classes}`);
    return classes;
  }

  /** Copies an array of one entry a class into the area; returns where it is. */
  #copyIn(slot: number, array: Float64Array): number {
    const classes = this.#classes(array.length);
    const copy = this.#classArrays[slot]!;
    for (let label = 0; label < classes; label++) copy[label] = array[label]!;
    return copy.byteOffset;
  }

  #copyOut(slot: number, array: Float64Array): void {
    const result = this.#classArrays[slot]!;
    for (let label = 0; label < array.length; label++) array[label] = result[label]!;
  }

  /** Where a mask is, after a copy when it is not in the memory: a threat model has its own. 0: there is none. */
  #maskAt(mask: Uint8Array | null, rows: number): number {
    if (mask === null) return 0;
    expectLength('attackable', mask, rows);
    if (mask.buffer === this.#buffer) return mask.byteOffset;
    if (rows > this.#mask.length) {
      throw new RangeError(`kernel: made for ${this.#mask.length} rows with a mask, got ${rows}`);
    }
    this.#mask.set(mask);
    return this.#mask.byteOffset;
  }
}

import { type FeatureRows, piecesOf } from '../kernel/memory/feature-rows.ts';
import { columnSizes } from '../kernel/memory/kernel-area.ts';
import {
  commonArea,
  makeSlottedMemory,
  type SlottedMemory,
  slotArea,
} from '../kernel/memory/slotted-memory.ts';
import { GRAM_BLOCK } from '../kernel/reference/gram.ts';
import { WasmKernel } from '../kernel/wasm-kernel.ts';

/** Rows that are copied into a slot at a time. */
const ROWS = 4 * GRAM_BLOCK;

/** What is posted to share a Gram matrix. */
export interface SharedGramHandle {
  readonly size: number;
  readonly memory: SlottedMemory;
}

/** A part of the work on a Gram matrix. */
export interface GramShare {
  /** Rows of the features: `from` (inclusive, a multiple of GRAM_BLOCK) to `to` (exclusive). */
  readonly from: number;
  readonly to: number;
  /** Rows of the matrix: the first (inclusive) and the last (exclusive). */
  readonly range: readonly [first: number, last: number];
}

/**
 * The Gram matrix X'X of features less their means, upper triangle, d x d, in memory that threads share: each adds blocks of
 * rows to a range of the matrix's rows. certificates.md section 1.
 *
 * The order of additions to an entry is fixed by the order of the rows alone, as long as each range gets the blocks in that
 * order and they start at multiples of GRAM_BLOCK; how the matrix is divided among threads does not matter. Cost: n d^2 / 2
 * multiply-adds.
 */
export class SharedGram {
  readonly handle: SharedGramHandle;
  /** Features. */
  readonly size: number;
  readonly values: Float64Array;

  constructor(handle: SharedGramHandle) {
    this.handle = handle;
    this.size = handle.size;
    this.values = commonArea(handle.memory).doubles(handle.size ** 2);
  }

  /** An empty one, with a slot for each of `slots` threads. */
  static make(size: number, slots: number): SharedGram {
    const kernel = WasmKernel.areaBytes(columnSizes(size));
    const memory = makeSlottedMemory([8 * size ** 2], [4 * ROWS * size, 8 * size, kernel], slots);
    return new SharedGram({ size, memory });
  }

  /**
   * Adds some rows of the features, less their means, to some rows of the matrix, in the slot of a thread.
   */
  add(
    features: FeatureRows,
    means: Float64Array,
    { from, to, range: [first, last] }: GramShare,
    { slot, module }: { readonly slot: number; readonly module: WebAssembly.Module },
  ): void {
    const area = slotArea(this.handle.memory, slot);
    const block = area.floats(ROWS * this.size);
    const own = area.doubles(this.size);
    const sizes = columnSizes(this.size);
    const kernel = new WasmKernel(module, area.memory, area.bytes(WasmKernel.areaBytes(sizes)), sizes);
    own.set(means);
    for (let row = from; row < to; row += ROWS) {
      let filled = 0;
      for (const piece of piecesOf(features, row, Math.min(to, row + ROWS))) {
        block.set(piece.features, filled);
        filled += piece.features.length;
      }
      kernel.gram(block.subarray(0, filled), own, this.values, first, last);
    }
  }

  /** Sum of the diagonal: the total variance, from which a relative lambda is taken. */
  trace(): number {
    let trace = 0;
    for (let j = 0; j < this.size; j++) trace += this.values[j * this.size + j]!;
    return trace;
  }
}

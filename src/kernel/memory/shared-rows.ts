import { WasmKernel } from '../wasm-kernel.ts';
import type { FeatureRows } from './feature-rows.ts';
import { columnSizes } from './kernel-area.ts';
import { KernelMemory } from './kernel-memory.ts';
import { commonArea, makeSlottedMemory, type SlottedMemory, slotArea } from './slotted-memory.ts';

/** Features of one memory: half of what a WebAssembly memory can hold, to leave room for the slots. */
const SHARD_BYTES = 2 ** 31;

/** A shard has a multiple of so many rows: of the blocks that a Gram matrix is made of. */
const ROWS_UNIT = 1024;

/** Queries of one pass at most, and the memory that their contributions to one shard may take in a slot. */
const MAX_QUERIES = 64;
const BLOCK_BYTES = 2 ** 24;

/** What is posted to share features: no views, since a view that was posted is not one on the posted memory. */
export interface SharedRowsHandle {
  readonly rows: number;
  readonly columns: number;
  readonly rowsPerShard: number;
  readonly memories: readonly SlottedMemory[];
}

/** What a thread needs to compute contributions of one shard's rows. */
export interface RowSlot {
  readonly directions: Float64Array;
  readonly offsets: Float64Array;
  /** Room for a block of queries x the shard's rows. */
  readonly alpha: Float64Array;
  readonly kernel: WasmKernel;
}

/** Training features in memories that all threads share, with a slot for each thread to compute contributions in. */
export class SharedRows implements FeatureRows {
  readonly handle: SharedRowsHandle;
  readonly rows: number;
  readonly columns: number;
  readonly rowsPerShard: number;
  readonly shards: readonly Float32Array[];
  /** Queries of one pass at most. */
  readonly block: number;

  constructor(handle: SharedRowsHandle) {
    const { rows, columns, rowsPerShard, memories } = handle;
    this.handle = handle;
    this.rows = rows;
    this.columns = columns;
    this.rowsPerShard = rowsPerShard;
    this.block = blockOf(rowsPerShard);
    this.shards = memories.map((memory, shard) => commonArea(memory).floats(this.#rowsOf(shard) * columns));
  }

  /**
   * Room for `rows` x `columns` features, all 0, and a slot for each of `slots` threads. `shardBytes`: of the features in
   * one memory. Throws a RangeError when the memory cannot be had.
   */
  static make(rows: number, columns: number, slots: number, shardBytes = SHARD_BYTES): SharedRows {
    let most = ROWS_UNIT * Math.max(1, Math.floor(shardBytes / (4 * columns * ROWS_UNIT)));
    while (most > ROWS_UNIT && !fits(Math.min(rows, most), columns, slots)) {
      most = ROWS_UNIT * Math.floor(most / (2 * ROWS_UNIT));
    }
    const rowsPerShard = Math.min(rows, most);
    const memories: SlottedMemory[] = [];
    for (let first = 0; first < rows; first += rowsPerShard) {
      const own = Math.min(rowsPerShard, rows - first);
      memories.push(makeSlottedMemory([4 * own * columns], slotArrays(rowsPerShard, columns), slots));
    }
    return new SharedRows({ rows, columns, rowsPerShard, memories });
  }

  /** The slot of thread `slot` in one shard. */
  slot(shard: number, slot: number, module: WebAssembly.Module): RowSlot {
    const area = slotArea(this.handle.memories[shard]!, slot);
    const alpha = area.doubles(this.block * this.#rowsOf(shard));
    const sizes = columnSizes(this.columns);
    const directions = area.doubles(this.block * this.columns);
    const offsets = area.doubles(this.block);
    const own = area.bytes(WasmKernel.areaBytes(sizes));
    return { alpha, directions, offsets, kernel: new WasmKernel(module, area.memory, own, sizes) };
  }

  #rowsOf(shard: number): number {
    return Math.min(this.rowsPerShard, this.rows - shard * this.rowsPerShard);
  }
}

/** Whether one memory can hold so many rows and the slots, which take less where there are fewer rows. */
function fits(rows: number, columns: number, slots: number): boolean {
  const own = KernelMemory.bytesFor(...slotArrays(rows, columns));
  return KernelMemory.bytesFor(4 * rows * columns) + slots * own <= KernelMemory.MAX_BYTES;
}

function blockOf(rowsPerShard: number): number {
  return Math.max(1, Math.min(MAX_QUERIES, Math.floor(BLOCK_BYTES / (8 * rowsPerShard))));
}

/** Bytes of the arrays in a slot: contributions, directions, offsets, and the kernel's own. */
function slotArrays(rowsPerShard: number, columns: number): number[] {
  const block = blockOf(rowsPerShard);
  const kernel = WasmKernel.areaBytes(columnSizes(columns));
  return [8 * block * rowsPerShard, 8 * block * columns, 8 * block, kernel];
}

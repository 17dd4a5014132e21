import { columnSizes } from '../kernel/memory/kernel-area.ts';
import { packedLength } from '../kernel/memory/packed-length.ts';
import {
  commonArea,
  makeSlottedMemory,
  type SlottedMemory,
  slotArea,
} from '../kernel/memory/slotted-memory.ts';
import { WasmKernel } from '../kernel/wasm-kernel.ts';

/** Vectors that are solved for together at most. */
const MAX_VECTORS = 64;

/** What is posted to share a factor. */
export interface SharedFactorHandle {
  readonly size: number;
  readonly memory: SlottedMemory;
}

/** What a thread needs to solve with a factor. */
export interface FactorSlot {
  /** Room for a block of vectors. */
  readonly vectors: Float64Array;
  readonly kernel: WasmKernel;
}

/** A packed Cholesky factor in memory that all threads share, with a slot for each thread to solve in. */
export class SharedFactor {
  readonly handle: SharedFactorHandle;
  readonly size: number;
  readonly packed: Float64Array;

  constructor(handle: SharedFactorHandle) {
    this.handle = handle;
    this.size = handle.size;
    this.packed = commonArea(handle.memory).doubles(packedLength(handle.size));
  }

  /** Room for the factor of a `size` x `size` matrix, all 0. */
  static make(size: number, slots: number): SharedFactor {
    const kernel = WasmKernel.areaBytes(columnSizes(size));
    const memory = makeSlottedMemory([8 * packedLength(size)], [8 * MAX_VECTORS * size, kernel], slots);
    return new SharedFactor({ size, memory });
  }

  /** The slot of a thread. */
  slot(slot: number, module: WebAssembly.Module): FactorSlot {
    const area = slotArea(this.handle.memory, slot);
    const sizes = columnSizes(this.size);
    const vectors = area.doubles(MAX_VECTORS * this.size);
    const own = area.bytes(WasmKernel.areaBytes(sizes));
    return { vectors, kernel: new WasmKernel(module, area.memory, own, sizes) };
  }
}

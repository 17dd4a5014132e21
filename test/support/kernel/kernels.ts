import { readFileSync } from 'node:fs';
import { heapMemory } from '../../../src/kernel/memory/heap-memory.ts';
import { KernelMemory } from '../../../src/kernel/memory/kernel-memory.ts';
import type { Memory } from '../../../src/kernel/memory/memory.ts';
import type { Kernel } from '../../../src/kernel/reference/reference-kernel.ts';
import { referenceKernel } from '../../../src/kernel/reference/reference-kernel.ts';
import { WasmKernel } from '../../../src/kernel/wasm-kernel.ts';

/** An implementation of the kernel, for suites that run on each. */
export interface TestKernel {
  readonly name: string;
  readonly kernel: Kernel;
  /** Room for the arrays of one case; those of the last one are overwritten. */
  readonly fresh: () => Memory;
}

export const SIZES = { rows: 2000, columns: 300, classes: 12 };
const CASE_BYTES = 2 ** 25;

/** The compiled kernel: `npm run kernel` builds it. */
export function kernelModule(): WebAssembly.Module {
  const file = new URL('../../../build/kernel.wasm', import.meta.url);
  return new WebAssembly.Module(Uint8Array.from(readFileSync(file)));
}

export function wasmTestKernel(): TestKernel & { readonly memory: WebAssembly.Memory } {
  const areaBytes = WasmKernel.areaBytes(SIZES);
  const areas = KernelMemory.ofSize(KernelMemory.bytesFor(areaBytes, CASE_BYTES));
  const kernel = new WasmKernel(kernelModule(), areas.memory, areas.bytes(areaBytes), SIZES);
  const from = KernelMemory.bytesFor(areaBytes);
  return {
    name: 'wasm',
    kernel,
    memory: areas.memory,
    fresh: () => new KernelMemory(areas.memory, from),
  };
}

export const referenceTestKernel: TestKernel = {
  name: 'reference',
  kernel: referenceKernel,
  fresh: () => heapMemory,
};

/** Both implementations. */
export const KERNELS: readonly TestKernel[] = [referenceTestKernel, wasmTestKernel()];

/** Copies of values in a memory. */
export function floatsIn(memory: Memory, values: ArrayLike<number>): Float32Array {
  const array = memory.floats(values.length);
  array.set(values);
  return array;
}

export function doublesIn(memory: Memory, values: ArrayLike<number>): Float64Array {
  const array = memory.doubles(values.length);
  array.set(values);
  return array;
}

export function integersIn(memory: Memory, values: ArrayLike<number>): Int32Array {
  const array = memory.integers(values.length);
  array.set(values);
  return array;
}

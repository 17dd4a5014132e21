import { GainBuckets } from '../kernel/gain-buckets.ts';
import { KernelMemory } from '../kernel/memory/kernel-memory.ts';
import type { Kernel } from '../kernel/reference/reference-kernel.ts';
import { WasmKernel } from '../kernel/wasm-kernel.ts';
import { ContributionPass, type SharedRidge } from '../ridge/contribution-pass.ts';
import type { Thread } from './thread.ts';

/**
 * What one thread needs to certify queries of a model: the pass over the rows, and memory for one query at a time with the
 * kernel that computes in it.
 */
export class Workspace {
  readonly pass: ContributionPass;
  readonly kernel: Kernel;
  /** Encoded queries of a pass. */
  readonly queries: Float32Array;
  readonly alpha: Float64Array;
  readonly labels: Int32Array;
  readonly sums: Float64Array;
  readonly magnitudes: Float64Array;
  readonly buckets: GainBuckets;

  constructor(ridge: SharedRidge, labels: Int32Array, classes: number, { slot, module }: Thread) {
    const rows = labels.length;
    this.pass = new ContributionPass(ridge, slot, module);
    this.queries = new Float32Array(this.pass.block * ridge.means.length);
    const sizes = { rows, columns: 0, classes };
    const kernelBytes = WasmKernel.areaBytes(sizes);
    const memory = KernelMemory.ofSize(
      KernelMemory.bytesFor(8 * rows, 4 * rows, kernelBytes) + GainBuckets.bytesFor(rows),
    );
    this.alpha = memory.doubles(rows);
    this.labels = memory.integers(rows);
    this.labels.set(labels);
    this.kernel = new WasmKernel(module, memory.memory, memory.bytes(kernelBytes), sizes);
    this.buckets = new GainBuckets(rows, this.kernel, memory);
    this.sums = new Float64Array(classes);
    this.magnitudes = new Float64Array(classes);
  }

  /** The encoded query at a place of the pass. */
  query(at: number): Float32Array {
    const width = this.queries.length / this.pass.block;
    return this.queries.subarray(at * width, (at + 1) * width);
  }
}

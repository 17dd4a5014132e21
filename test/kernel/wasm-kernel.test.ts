import { describe, expect, it } from 'vitest';
import { KernelMemory } from '../../src/kernel/memory/kernel-memory.ts';
import { GRAM_BLOCK } from '../../src/kernel/reference/gram.ts';
import type { Kernel } from '../../src/kernel/reference/reference-kernel.ts';
import { referenceKernel } from '../../src/kernel/reference/reference-kernel.ts';
import { BUCKETS } from '../../src/kernel/shared-constants.ts';
import { WasmKernel } from '../../src/kernel/wasm-kernel.ts';
import { doublesIn, floatsIn, kernelModule, SIZES, wasmTestKernel } from '../support/kernel/kernels.ts';
import { bitsOf, draw, VALUES } from '../support/kernel/values.ts';

const module = kernelModule();

/** A kernel for such sizes, and room beside its area. */
function kernelFor(sizes: typeof SIZES, room: number): { kernel: Kernel; memory: KernelMemory } {
  const bytes = WasmKernel.areaBytes(sizes);
  const memory = KernelMemory.ofSize(KernelMemory.bytesFor(bytes, room));
  return { kernel: new WasmKernel(module, memory.memory, memory.bytes(bytes), sizes), memory };
}

describe('WasmKernel', () => {
  const { kernel, fresh } = wasmTestKernel();

  it('refuses arrays that are not in its memory', () => {
    const memory = fresh();
    const other = KernelMemory.ofSize(KernelMemory.bytesFor(2 ** 15));
    const refused = (call: () => unknown) => expect(call).toThrow(/not in the memory/);
    for (const elsewhere of [other, { doubles: (length: number) => new Float64Array(length) }]) {
      const [out, one] = [elsewhere.doubles(2), elsewhere.doubles(1)];
      const [features, u, offset, alpha] = [
        memory.floats(6),
        memory.doubles(3),
        memory.doubles(1),
        memory.doubles(2),
      ];
      refused(() => kernel.contributions(new Float32Array(6), u, offset, alpha));
      refused(() => kernel.contributions(features, elsewhere.doubles(3), offset, alpha));
      refused(() => kernel.contributions(features, u, one, alpha));
      refused(() => kernel.contributions(features, u, offset, out));
      refused(() => kernel.solve(elsewhere.doubles(6), u, 1));
      refused(() => kernel.solve(memory.doubles(6), elsewhere.doubles(3), 1));
      const [labels, drops] = [memory.integers(2), new Float64Array(2)];
      refused(() => kernel.classSums(out, labels, new Float64Array(2), new Float64Array(2)));
      refused(() => kernel.classSums(alpha, new Int32Array(2), new Float64Array(2), new Float64Array(2)));
      refused(() => kernel.gains(out, labels, drops, drops, null, alpha));
      refused(() => kernel.gains(alpha, new Int32Array(2), drops, drops, null, alpha));
      refused(() => kernel.gains(alpha, labels, drops, drops, null, out));
      const [counts, totals] = [memory.integers(BUCKETS), memory.doubles(BUCKETS)];
      refused(() => kernel.countBuckets(out, counts, totals));
      refused(() => kernel.countBuckets(alpha, new Int32Array(BUCKETS), totals));
      refused(() => kernel.countBuckets(alpha, counts, elsewhere.doubles(BUCKETS)));
      refused(() => kernel.bucketMembers(out, 0, 0, alpha));
      refused(() => kernel.bucketMembers(alpha, 0, 0, out));
      const [moments, t] = [{ value: 0, slope: 0, curvature: 0, error: 0 }, 1];
      const c = { falling: drops, rising: drops, level: drops };
      const targets = new Int32Array(2);
      refused(() => kernel.logMoments(out, labels, c, t, moments));
      refused(() => kernel.logMoments(alpha, new Int32Array(2), c, t, moments));
      refused(() => kernel.logMomentGains(out, labels, c, targets, targets, null, t, alpha));
      refused(() => kernel.logMomentGains(alpha, new Int32Array(2), c, targets, targets, null, t, alpha));
      refused(() => kernel.logMomentGains(alpha, labels, c, targets, targets, null, t, out));
      refused(() => kernel.gram(new Float32Array(6), u, memory.doubles(9), 0, 3));
      refused(() => kernel.gram(features, elsewhere.doubles(3), memory.doubles(9), 0, 3));
      refused(() => kernel.gram(features, u, elsewhere.doubles(9), 0, 3));
    }
  });

  it('refuses more rows with a mask, columns and classes than it was made for', () => {
    const { kernel, memory } = kernelFor({ rows: 3, columns: 4, classes: 2 }, 2 ** 14);
    const [alpha, labels] = [memory.doubles(4), memory.integers(4)];
    const [two, three] = [new Float64Array(2), new Float64Array(3)];
    expect(() => kernel.classSums(alpha, labels, three, three)).toThrow(/made for 2 classes/);
    expect(() => kernel.gains(alpha, labels, three, three, null, alpha)).toThrow(/made for 2 classes/);
    expect(() => kernel.gains(alpha, labels, two, two, new Uint8Array(4), alpha)).toThrow(/made for 3 rows/);
    expect(() => kernel.gains(alpha, labels, two, two, memory.bytes(4), alpha)).not.toThrow();
    const [moments, c] = [
      { value: 0, slope: 0, curvature: 0, error: 0 },
      { falling: three, rising: three, level: three },
    ];
    const targets = new Int32Array(3);
    expect(() => kernel.logMoments(alpha, labels, c, 1, moments)).toThrow(/made for 2 classes/);
    expect(() => kernel.logMomentGains(alpha, labels, c, targets, targets, null, 1, alpha)).toThrow(
      /made for 2 classes/,
    );
    const [five, one] = [memory.doubles(5), memory.doubles(1)];
    expect(() => kernel.contributions(memory.floats(20), five, one, alpha)).toThrow(/made for 4 columns/);
    expect(() => kernel.gram(memory.floats(5), five, memory.doubles(25), 0, 5)).toThrow(/made for 4 columns/);
  });

  it.each([
    { widest: 17, columns: 17, queries: 129, what: 'where a block of queries needs the most of the area' },
    { widest: 784, columns: 512, queries: 128, what: 'where more queries would fit narrower rows' },
    { widest: 1200, columns: 1200, queries: 3, what: 'where the Gram matrix does' },
  ])('writes nowhere but to its outputs and its area, $what', ({ widest, columns, queries }) => {
    const rows = GRAM_BLOCK;
    const sizes = { rows, columns: widest, classes: 3 };
    const bytes = WasmKernel.areaBytes(sizes);
    const doubles = queries * (columns + rows + 1) + columns * (columns + 1) + 2 * BUCKETS + 1000;
    const memory = KernelMemory.ofSize(KernelMemory.bytesFor(bytes, 8 * doubles, 4 * rows * (columns + 1)));
    const guards: Float64Array[] = [];
    const guard = () => guards.push(memory.doubles(64).fill(7));
    guard();
    const area = memory.bytes(bytes);
    guard();
    const alpha = memory.doubles(queries * rows);
    guard();
    const values = memory.doubles(columns * columns);
    guard();
    const counts = memory.integers(BUCKETS);
    const totals = memory.doubles(BUCKETS);
    guard();
    const [features, means] = [memory.floats(rows * columns), memory.doubles(columns)];
    const [directions, offsets, labels] = [
      memory.doubles(queries * columns),
      memory.doubles(queries),
      memory.integers(rows),
    ];
    const kernel = new WasmKernel(module, memory.memory, area, sizes);
    kernel.contributions(features, directions, offsets, alpha);
    kernel.gram(features, means, values, 0, columns);
    const [first, drops] = [alpha.subarray(0, rows), new Float64Array(3)];
    kernel.classSums(first, labels, new Float64Array(3), new Float64Array(3));
    kernel.gains(first, labels, drops, drops, new Uint8Array(rows), first);
    const coefficients = { falling: drops, rising: drops, level: drops.slice().fill(1) };
    const targets = new Int32Array(3);
    kernel.logMoments(first, labels, coefficients, 1, { value: 0, slope: 0, curvature: 0, error: 0 });
    kernel.logMomentGains(first, labels, coefficients, targets, targets, new Uint8Array(rows), 1, first);
    kernel.countBuckets(first, counts, totals);
    for (const kept of guards) expect(kept.every((value) => value === 7)).toBe(true);
  });

  it('takes the widest columns in blocks of two queries', () => {
    const [rows, columns, queries] = [5, 33_000, 5];
    const sizes = { rows, columns, classes: 2 };
    const { kernel, memory } = kernelFor(sizes, 4 * rows * columns + 8 * (queries + 1) * columns);
    const features = floatsIn(memory, draw(rows * columns, VALUES.random!, 1));
    const directions = doublesIn(memory, draw(queries * columns, VALUES.random!, 2));
    const offsets = memory.doubles(queries);
    const [alpha, expected] = [memory.doubles(queries * rows), new Float64Array(queries * rows)];
    kernel.contributions(features, directions, offsets, alpha);
    referenceKernel.contributions(features, directions, offsets, expected);
    expect(bitsOf(alpha)).toEqual(bitsOf(expected));
  });

  it('refuses an area that is too small or elsewhere', () => {
    const memory = KernelMemory.ofSize(2 ** 20);
    const bytes = WasmKernel.areaBytes(SIZES);
    expect(() => new WasmKernel(module, memory.memory, memory.bytes(bytes - 1), SIZES)).toThrow(RangeError);
    expect(() => new WasmKernel(module, memory.memory, new Uint8Array(bytes), SIZES)).toThrow(RangeError);
  });
});

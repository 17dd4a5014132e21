import { describe, expect, it } from 'vitest';
import { KernelMemory } from '../../../src/kernel/memory/kernel-memory.ts';

describe('KernelMemory', () => {
  it('has room for exactly the arrays that it was sized for, apart and on cache lines', () => {
    const lengths = [1, 17, 0, 1000, 64, 3];
    const bytes = KernelMemory.bytesFor(...lengths.flatMap((length) => [4 * length, 8 * length, length]));
    const memory = KernelMemory.ofSize(bytes);
    const arrays = lengths.flatMap((length) => [
      memory.floats(length),
      memory.doubles(length),
      memory.bytes(length),
    ]);
    let end = 1; // offset 0 is no array's
    for (const array of arrays) {
      expect(array.byteOffset % 64).toBe(0);
      expect(array.byteOffset).toBeGreaterThanOrEqual(end);
      expect(array.buffer).toBe(memory.memory.buffer);
      expect(array.every((value) => value === 0)).toBe(true);
      end = array.byteOffset + array.byteLength;
    }
    expect(arrays.map((array) => array.length)).toEqual(
      lengths.flatMap((length) => [length, length, length]),
    );
    const left = memory.memory.buffer.byteLength - Math.ceil(end / 64) * 64;
    expect(() => memory.bytes(left + 1)).toThrow(RangeError);
    expect(memory.bytes(left)).toHaveLength(left);
    expect(() => memory.integers(1)).toThrow(RangeError);
  });

  it('goes on behind what a memory already holds', () => {
    const first = KernelMemory.ofSize(KernelMemory.bytesFor(100, 80));
    first.bytes(100).fill(1);
    const second = new KernelMemory(first.memory, KernelMemory.bytesFor(100));
    expect(second.doubles(10).byteOffset).toBe(first.doubles(10).byteOffset);
  });

  it('refuses more than 4 GiB, and lengths that are none', () => {
    expect(() => KernelMemory.ofSize(2 ** 32 + 1)).toThrow(RangeError);
    expect(() => KernelMemory.ofSize(Number.NaN)).toThrow(RangeError);
    const memory = KernelMemory.ofSize(2 ** 16);
    expect(() => memory.doubles(-1)).toThrow(RangeError);
    expect(() => memory.doubles(Number.NaN)).toThrow(RangeError);
  });
});

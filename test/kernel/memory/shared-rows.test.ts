import { describe, expect, it } from 'vitest';
import { piecesOf } from '../../../src/kernel/memory/feature-rows.ts';
import { SharedRows } from '../../../src/kernel/memory/shared-rows.ts';
import { kernelModule } from '../../support/kernel/kernels.ts';

describe('SharedRows', () => {
  it('leaves room for the slots of any number of threads, in as many memories as that takes', () => {
    const one = SharedRows.make(1_000_000, 100, 3);
    expect(one.shards).toHaveLength(1);
    const many = SharedRows.make(1_000_000, 100, 257);
    expect(many.shards.length).toBeGreaterThan(1);
    expect(many.shards.reduce((sum, { length }) => sum + length, 0)).toBe(1e8);
    const last = many.slot(many.shards.length - 1, 256, kernelModule());
    last.alpha.fill(1);
    expect(many.shards.at(-1)!.at(-1)).toBe(0);
  });

  it('keeps features in the order of their rows across shards', () => {
    const rows = SharedRows.make(3000, 3, 1, 4 * 3 * 1024);
    expect(rows.shards.map(({ length }) => length / 3)).toEqual([1024, 1024, 952]);
    let next = 0;
    for (const { features } of piecesOf(rows, 0, 3000))
      for (let k = 0; k < features.length; k++) features[k] = next++;
    const found = [...piecesOf(rows, 1000, 2100)];
    expect(found.map(({ first }) => first)).toEqual([1000, 1024, 2048]);
    expect(found.flatMap(({ features }) => [...features])).toEqual(
      Array.from({ length: 3300 }, (_, k) => 3000 + k),
    );
  });
});

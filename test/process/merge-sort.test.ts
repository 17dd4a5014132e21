import { describe, expect, it } from 'vitest';

import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { mergeSorted } from '../../src/process/merge-sort.ts';
import { whole } from '../support/models/steps.ts';

const sortedCodes = (texts: readonly string[]) =>
  mergeSorted(Int32Array.from(texts.keys()), (a, b) => texts[a]! < texts[b]!);

describe('mergeSorted', () => {
  it.each([0, 1, 2, 4095, 4096, 4097, 12_289, 50_000])('sorts %i texts as Array.sort does', (count) => {
    const random = new SeededRandom(count + 1);
    const unit = () => String.fromCharCode([0x20, 0x61, 0xe9, 0xd83d, 0xffff][random.below(5)]!);
    const texts = [
      ...new Set(Array.from({ length: count }, (_, k) => unit() + unit() + unit() + (k % 997) + k)),
    ];
    const sorted = Array.from(whole(sortedCodes(texts)), (code) => texts[code]);
    expect(sorted).toEqual([...texts].sort());
  });

  it('gives others a turn every few thousand texts', () => {
    let steps = 0;
    const texts = Array.from({ length: 100_000 }, (_, k) => String((k * 7919) % 100_003));
    for (const work = sortedCodes(texts); !work.next().done; ) steps++;
    expect(steps).toBeGreaterThan(70);
  });
});

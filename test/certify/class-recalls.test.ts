import { describe, expect, it } from 'vitest';
import { ClassRecalls } from '../../src/certify/class-recalls.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';

describe('recalls by class', () => {
  it('are what counting gives, at every number of flips', () => {
    const random = new SeededRandom(5);
    for (let round = 0; round < 50; round++) {
      const truth = Int32Array.from({ length: 1 + random.below(30) }, () => random.below(4));
      const flips = Int32Array.from(truth, () => random.below(6) - 1);
      const recalls = new ClassRecalls(flips, truth, 5);
      for (let least = 0; least < 6; least++) {
        const counted = [0, 1, 2, 3, 4].map((label) => {
          const own = flips.filter((_, row) => truth[row] === label);
          return own.length === 0 ? null : own.filter((one) => one >= least).length / own.length;
        });
        expect(counted.map((_, label) => recalls.recall(label, least))).toEqual(counted);
        const present = counted.filter((one) => one !== null);
        const mean = present.reduce((sum, one) => sum + one, 0) / present.length;
        expect(recalls.balancedAccuracy(least)).toBe(mean);
      }
    }
  });
});

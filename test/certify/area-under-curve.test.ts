import { describe, expect, it } from 'vitest';
import { areaUnderCurve } from '../../src/certify/area-under-curve.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';

/** By its definition: all pairs, one after the other. */
function byPairs(scores: readonly number[], positive: readonly boolean[]): number {
  let won = 0;
  let pairs = 0;
  for (const [p, above] of scores.entries()) {
    for (const [q, below] of scores.entries()) {
      if (!positive[p] || positive[q]) continue;
      pairs++;
      won += above > below ? 1 : above === below ? 0.5 : 0;
    }
  }
  return won / pairs;
}

describe('the area under the ROC curve', () => {
  it('is the share of pairs in order, ties counted half', () => {
    const random = new SeededRandom(41);
    for (let round = 0; round < 300; round++) {
      const scores = Array.from({ length: 2 + random.below(12) }, () => random.below(5) - 2);
      const positive = scores.map((_, row) => row === 0 || (row > 1 && random.below(2) === 1));
      expect(areaUnderCurve(Float64Array.from(scores), (row) => positive[row]!)).toBeCloseTo(
        byPairs(scores, positive),
        14,
      );
    }
  });

  it('is 1 for a perfect order, 0 for the reverse, a half for equal scores', () => {
    const scores = Float64Array.of(1, 2, 3, 4);
    expect(areaUnderCurve(scores, (row) => row > 1)).toBe(1);
    expect(areaUnderCurve(scores, (row) => row < 2)).toBe(0);
    expect(areaUnderCurve(new Float64Array(4), (row) => row > 1)).toBe(0.5);
  });

  it('is not there without a pair, and for no number', () => {
    expect(areaUnderCurve(Float64Array.of(1, 2), () => true)).toBeNull();
    expect(areaUnderCurve(Float64Array.of(1, 2), () => false)).toBeNull();
    expect(areaUnderCurve(Float64Array.of(Number.NaN, 2), (row) => row === 0)).toBeNull();
  });
});

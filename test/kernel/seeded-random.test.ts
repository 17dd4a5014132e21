import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';

/** From seeded-random.py, an independent program: `python3 test/kernel/seeded-random.py`. */
const REFERENCES = [
  {
    seed: 0,
    bits: [3809008728, 1133695204, 53579671, 2891528803, 139681546, 2203266335],
    thousandth: 3855962975,
    uniforms: [0.8868539502021594, 0.012474988946590604, 0.032522145755498943],
  },
  {
    seed: 1,
    bits: [2442144158, 3238099751, 3819917871, 2104621829, 2021136066, 4223536128],
    thousandth: 4020342576,
    uniforms: [0.5686059948349658, 0.8893939367683266, 0.4705824180198359],
  },
  {
    seed: 42,
    bits: [2837322924, 544945897, 479756282, 3500138142, 339756180, 113173290],
    thousandth: 3502085780,
    uniforms: [0.6606157208001621, 0.1117019639532224, 0.0791056456144914],
  },
  {
    seed: 2 ** 32 - 1,
    bits: [835879718, 1921286648, 2356205009, 1885780724, 980451116, 1053911718],
    thousandth: 1166679599,
    uniforms: [0.19461841469507213, 0.5485967281391287, 0.2282790634437124],
  },
];

/** Pearson's statistic of counts that should be equal. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('SeededRandom', () => {
  it.each(REFERENCES)('gives the reference bits for seed $seed', ({ seed, bits, thousandth }) => {
    const random = new SeededRandom(seed);
    const drawn = Array.from({ length: 1000 }, () => random.bits());
    expect(drawn.slice(0, bits.length)).toEqual(bits);
    expect(drawn.at(-1)).toBe(thousandth);
  });

  it.each(REFERENCES)('makes the reference uniforms from 53 bits for seed $seed', ({ seed, uniforms }) => {
    const random = new SeededRandom(seed);
    expect(uniforms.map(() => random.uniform())).toEqual(uniforms);
  });

  it('gives unsigned words whose every bit is fair', () => {
    const random = new SeededRandom(7);
    const draws = 20_000;
    const ones = new Array<number>(32).fill(0);
    for (let i = 0; i < draws; i++) {
      const word = random.bits();
      if (!(word >= 0 && word < 2 ** 32 && Number.isInteger(word))) expect.fail(`not a word: ${word}`);
      for (let bit = 0; bit < 32; bit++) ones[bit]! += (word >>> bit) & 1;
    }
    // five standard deviations of a fair bit
    for (const count of ones) expect(Math.abs(count - draws / 2)).toBeLessThan(5 * Math.sqrt(draws / 4));
  });

  it('fills [0, 1) evenly', () => {
    const random = new SeededRandom(8);
    const counts = new Array<number>(64).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const value = random.uniform();
      if (!(value >= 0 && value < 1)) expect.fail(`outside [0, 1): ${value}`);
      counts[Math.floor(value * 64)]! += 1;
    }
    expect(chiSquare(counts)).toBeLessThan(63 + 5 * Math.sqrt(2 * 63));
  });

  it.each([1, 2, 3, 10, 1000])('draws every integer below %i, and none else', (bound) => {
    const random = new SeededRandom(9);
    const counts = new Array<number>(bound).fill(0);
    for (let i = 0; i < 100 * bound; i++) counts[random.below(bound)]! += 1;
    expect(counts).toHaveLength(bound);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(chiSquare(counts)).toBeLessThan(bound + 5 * Math.sqrt(2 * bound));
  });

  it('draws normal values with the moments and tails of the standard normal law', () => {
    const random = new SeededRandom(10);
    const draws = Array.from({ length: 100_000 }, () => random.normal());
    const moment = (power: number) => draws.reduce((sum, z) => sum + z ** power, 0) / draws.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.02);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.03);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.2);
    const within = (radius: number) => draws.filter((z) => Math.abs(z) < radius).length / draws.length;
    expect(within(1)).toBeCloseTo(0.6827, 2);
    expect(within(2)).toBeCloseTo(0.9545, 2);
    expect(draws.every(Number.isFinite)).toBe(true);
  });
});

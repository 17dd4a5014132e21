import { describe, expect, it } from 'vitest';
import { Bernoulli } from '../../src/kernel/bernoulli.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { units } from '../support/brute-force/label-changes.ts';

const EDGES = [
  0.5,
  0.75,
  0.1,
  0.2,
  1 / 3,
  0.5 - 2 ** -53,
  0.5 + 2 ** -52,
  1 - 2 ** -53,
  2 ** -40,
  3 * 2 ** -41,
  2 ** -1000,
  5e-324,
];

/** The digits of a double in (0, 1) after the binary point, up to the last 1. */
function digitsOf(q: number): number[] {
  const digits = units(q).toString(2).padStart(1074, '0').replace(/0+$/, '');
  return [...digits].map(Number);
}

describe('Bernoulli', () => {
  it.each(EDGES)('falls on 1 with probability exactly q = %d', (q) => {
    // Every path of the comparison: a uniform U that agrees with q on so many digits and differs on the next one,
    // each with probability 2^-(digits read). The paths that give 1 add up to q, and all of them to 1.
    const coin = new Bernoulli(q);
    const digits = digitsOf(q);
    let ones = 0n;
    let all = 0n;
    const read = (path: readonly number[]) => {
      let reads = 0;
      const fell = coin.word({ bits: () => (path[reads++] === 1 ? 0xffffffff : 0) });
      expect(reads).toBe(path.length); // neither more digits than decide, nor fewer
      expect(fell === 0 || fell === -1).toBe(true); // all 32 are on the same path
      const weight = 1n << BigInt(1074 - path.length);
      all += weight;
      if (fell === -1) ones += weight;
    };
    for (const [agreed, digit] of digits.entries()) read([...digits.slice(0, agreed), 1 - digit]);
    read(digits); // U and q agree to the last digit of q
    expect(ones).toBe(units(q));
    expect(all).toBe(1n << 1074n);
  });

  it('keeps its 32 coins apart', () => {
    for (const q of [0.1, 0.5 - 2 ** -53, 0.7, 2 ** -3, 2 ** -40]) {
      const coin = new Bernoulli(q);
      const random = new SeededRandom(11);
      const numerator = units(q);
      for (let draw = 0; draw < 300; draw++) {
        const words: number[] = [];
        const coins = coin.word({
          bits: () => {
            words.push(random.bits());
            return words.at(-1)!;
          },
        });
        for (let lane = 0; lane < 32; lane++) {
          // U lies from `low` to below `low + width`, in units of 2^-1074
          const width = 1n << BigInt(1074 - words.length);
          const low = words.reduce((sum, word) => 2n * sum + BigInt((word >>> lane) & 1), 0n) * width;
          const below = ((coins >>> lane) & 1) === 1;
          expect(below ? low + width <= numerator : low >= numerator).toBe(true);
        }
      }
    }
  });

  it.each([0.1, 0.2, 0.5 - 2 ** -53, 0.9])('falls on 1 as often as q = %d says, in every place', (q) => {
    const coin = new Bernoulli(q);
    const random = new SeededRandom(12);
    const draws = 20_000;
    const ones = new Array<number>(32).fill(0);
    for (let draw = 0; draw < draws; draw++) {
      const coins = coin.word(random);
      for (let lane = 0; lane < 32; lane++) ones[lane]! += (coins >>> lane) & 1;
    }
    // five standard deviations
    for (const count of ones) {
      expect(Math.abs(count - draws * q)).toBeLessThan(5 * Math.sqrt(draws * q * (1 - q)));
    }
  });

  it.each([0, 1, -0.1, 1.1, Number.NaN])('refuses q = %d', (q) => {
    expect(() => new Bernoulli(q)).toThrow(RangeError);
  });
});

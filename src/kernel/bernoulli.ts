import type { SeededRandom } from './seeded-random.ts';

/**
 * Coins that fall on 1 with probability exactly q, 32 at a time, for a double 0 < q < 1.
 *
 * A coin is 1 where a uniform U in [0, 1) is below q. U is drawn bit by bit and compared with the binary
 * expansion of q, which ends, as q is a double: the first bit that differs decides, and U >= q when none
 * does. Bit j of all 32 U is one random word. certificates.md section 4.
 *
 * Guarantee: exact for exactly fair random bits, by integer operations only, so the same on every machine.
 * Cost: some 6.4 words for 32 coins on average (each word decides half of the coins that are left), whatever
 * q.
 */
export class Bernoulli {
  /** The binary expansion of q: all bits set for a 1, none for a 0. */
  readonly #expansion: Int32Array;

  constructor(q: number) {
    if (!(q > 0 && q < 1)) throw new RangeError(`q: expected a number between 0 and 1, got ${q}`);
    const expansion: number[] = [];
    for (let rest = q; rest > 0; ) {
      rest *= 2; // exact, like the difference
      expansion.push(rest >= 1 ? -1 : 0);
      if (rest >= 1) rest -= 1;
    }
    this.#expansion = Int32Array.from(expansion);
  }

  /** 32 coins, one a bit. */
  word(random: Pick<SeededRandom, 'bits'>): number {
    const expansion = this.#expansion;
    let coins = 0;
    let undecided = -1;
    for (let place = 0; place < expansion.length && undecided !== 0; place++) {
      const digit = expansion[place]!;
      const decided = undecided & (random.bits() ^ digit);
      coins |= decided & digit; // the digit of q is 1, that of U is 0
      undecided ^= decided;
    }
    return coins;
  }
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DecisionRule } from '../../src/certify/contest.ts';
import { labelNoise } from '../../src/certify/label-noise.ts';
import { NoisyVotes } from '../../src/certify/noisy-votes.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { approximately, divide } from '../support/brute-force/logarithm.ts';
import { exactNoise, strictWinners, weightOf } from '../support/brute-force/noise.ts';

const ARGMAX: DecisionRule = { kind: 'argmax' };

function votesOf(
  alphas: readonly (readonly number[])[],
  labels: readonly number[],
  rule: DecisionRule,
  q: number,
  classes: number,
  seed: number,
): NoisyVotes {
  const block = alphas.map((alpha) => Float64Array.from(alpha));
  return new NoisyVotes(Int32Array.from(labels), block, rule, labelNoise(q, classes), new SeededRandom(seed));
}

/** Counts of `samples` votes, one row a query. */
function countsOf(votes: NoisyVotes, samples: number, classes: number): number[][] {
  votes.draw(samples);
  const counts = [...votes.collect()];
  return Array.from({ length: counts.length / classes }, (_, i) =>
    counts.slice(i * classes, (i + 1) * classes),
  );
}

/** Each class wins as often as its exact probability says, within five standard deviations. */
function agrees(counts: readonly number[], samples: number, chances: readonly number[]): void {
  for (const [label, chance] of chances.entries()) {
    const deviation = Math.sqrt(samples * chance * (1 - chance));
    expect(Math.abs(counts[label]! - samples * chance)).toBeLessThanOrEqual(5 * deviation);
  }
}

/** A block of queries with labels of their own, larger than a group of 32 rows. */
function block(rows: number, queries: number, classes: number, seed: number) {
  const random = new SeededRandom(seed);
  const labels = Array.from({ length: rows }, () => random.below(classes));
  const alphas = Array.from({ length: queries }, () => Array.from({ length: rows }, () => random.normal()));
  return { labels, alphas };
}

describe('NoisyVotes', () => {
  // From noisy-votes.py, an independent program: `python3 test/certify/noisy-votes.py`.
  it.each([
    {
      classes: 2,
      q: 0.3,
      seed: 1,
      counts: [
        [656, 344],
        [713, 273],
      ],
    },
    {
      classes: 3,
      q: 0.2,
      seed: 2,
      counts: [
        [63, 735, 197],
        [54, 825, 110],
      ],
    },
    {
      classes: 4,
      q: 0.625,
      seed: 2 ** 32 - 1,
      counts: [
        [269, 278, 247, 186],
        [350, 244, 241, 151],
      ],
    },
  ])('draws the reference votes for $classes classes, q = $q, seed $seed', ({ classes, q, seed, counts }) => {
    const rows = Array.from({ length: 70 }, (_, row) => row);
    const labels = rows.map((row) => ((row * row) % 7) % classes);
    const alphas = [0, 1].map((k) => rows.map((row) => ((row * 31 + 17 * k) % 23) - 9));
    expect(countsOf(votesOf(alphas, labels, ARGMAX, q, classes, seed), 1000, classes)).toEqual(counts);
  });

  it.each([2, 3])('gives the same votes again, and others for another seed (%i classes)', (classes) => {
    const { labels, alphas } = block(100, 3, classes, 5);
    const draw = (seed: number) =>
      countsOf(votesOf(alphas, labels, ARGMAX, 0.4, classes, seed), 500, classes);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it.each([2, 3, 4])('does not depend on how the samples are split over calls (%i classes)', (classes) => {
    const { labels, alphas } = block(77, 2, classes, 6);
    const whole = votesOf(alphas, labels, ARGMAX, 0.4, classes, 9);
    const split = votesOf(alphas, labels, ARGMAX, 0.4, classes, 9);
    const [first, second] = [countsOf(whole, 100, classes), countsOf(whole, 400, classes)];
    for (const samples of [1, 2, 0, 97]) split.draw(samples);
    expect(countsOf(split, 0, classes)).toEqual(first);
    for (const samples of [250, 149]) split.draw(samples);
    expect(countsOf(split, 1, classes)).toEqual(second);
    expect(countsOf(split, 0, classes)).toEqual(first.map((counts) => counts.map(() => 0)));
  });

  it.each([2, 3, 4])('does not depend on which queries share the block (%i classes)', (classes) => {
    const { labels, alphas } = block(65, 16, classes, 7);
    const together = countsOf(votesOf(alphas, labels, ARGMAX, 0.3, classes, 3), 300, classes);
    for (const [query, alpha] of alphas.entries()) {
      expect(countsOf(votesOf([alpha], labels, ARGMAX, 0.3, classes, 3), 300, classes)).toEqual([
        together[query],
      ]);
    }
    const reversed = countsOf(votesOf(alphas.toReversed(), labels, ARGMAX, 0.3, classes, 3), 300, classes);
    expect(reversed).toEqual(together.toReversed());
  });

  it.each([2, 3, 4, 6, 9])(
    'shows each row its own label or one of the others, uniformly (%i classes)',
    (classes) => {
      // A query with one contribution is won by the label that this row shows.
      const [rows, samples, q] = [65, 4000, 0.4];
      const labels = Array.from({ length: rows }, (_, row) => row % classes);
      const alphas = labels.map((_, query) => labels.map((_, row) => (row === query ? 1 : 0)));
      const counts = countsOf(votesOf(alphas, labels, ARGMAX, q, classes, 13), samples, classes);
      for (const [row, label] of labels.entries()) {
        const chances = Array.from({ length: classes }, (_, shown) =>
          shown === label ? 1 - q : q / (classes - 1),
        );
        agrees(counts[row]!, samples, chances);
        expect(counts[row]!.reduce((sum, count) => sum + count)).toBe(samples);
      }
    },
  );

  it('draws different rows independently', () => {
    const [samples, q] = [20_000, 0.3];
    const pairs = [
      [0, 1],
      [0, 31],
      [31, 32],
      [5, 37],
    ];
    const labels = new Array<number>(40).fill(0);
    const alphas = pairs.map((pair) => labels.map((_, row) => (pair.includes(row) ? 1 : 0)));
    for (const counts of countsOf(votesOf(alphas, labels, ARGMAX, q, 2, 17), samples, 2)) {
      agrees(counts, samples, [(1 - q) ** 2, q ** 2]); // one each is a tie and counts for neither
    }
  });

  it('agrees with the exact probabilities, by enumeration of every noisy label vector', () => {
    const sizes = fc.constantFrom({ classes: 2, rows: 8 }, { classes: 3, rows: 5 }, { classes: 4, rows: 4 });
    const instances = sizes.chain(({ classes, rows }) => {
      const size = { minLength: rows, maxLength: rows };
      // leads are multiples of 2^-10: none is so close to a tie that it counts for no class
      const fractions = fc.integer({ min: -1024, max: 1024 }).map((k) => k / 1024);
      const values = fc.oneof(fc.integer({ min: -3, max: 3 }), fractions);
      const threshold: fc.Arbitrary<DecisionRule> = fc.record({
        kind: fc.constant('threshold' as const),
        value: fc.constantFrom(0.25, 0, -1),
        positive: fc.constantFrom(0, 1),
      });
      return fc.record({
        classes: fc.constant(classes),
        alpha: fc.array(values, size),
        labels: fc.array(fc.integer({ min: 0, max: classes - 1 }), size),
        rule: classes === 2 ? fc.oneof(fc.constant(ARGMAX), threshold) : fc.constant(ARGMAX),
        q: fc.constantFrom(0.01, 0.2, 0.45),
        seed: fc.nat(),
      });
    });
    const samples = 4000;
    fc.assert(
      fc.property(instances, ({ classes, alpha, labels, rule, q, seed }) => {
        const noise = exactNoise(q, classes);
        const chances = strictWinners(alpha, classes, rule).map((vectors) =>
          approximately(divide(weightOf(vectors, labels, noise), noise.total ** BigInt(alpha.length))),
        );
        const [counts] = countsOf(votesOf([alpha], labels, rule, q, classes, seed), samples, classes);
        agrees(counts!, samples, chances);
      }),
      { seed: 91, numRuns: 300 },
    );
  });

  it('counts what rounding could decide for no class', () => {
    // 0.1 + 0.2 - 0.3 is 2.8e-17 in exact arithmetic, and so far from 0 by rounding alone in others
    const alphas = [
      [0.1, 0.2, -0.3],
      [1, -1, 2 ** -52],
    ];
    const [first, second] = countsOf(votesOf(alphas, [0, 0, 0], ARGMAX, 0.01, 2, 1), 1000, 2);
    expect(first![0]! + first![1]!).toBeLessThan(50); // only where a label has changed
    expect(second![0]! + second![1]!).toBeLessThan(50);
    const edge: DecisionRule = { kind: 'threshold', value: 0.1 + 0.2, positive: 1 };
    const [counts] = countsOf(votesOf([[0.1, 0.2]], [1, 1], edge, 0.01, 2, 1), 1000, 2);
    expect(counts![1]).toBe(0);
    expect(counts![0]).toBeLessThan(50);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('counts a query with %d for no class', (value) => {
    const alphas = [
      [value, 1, 1],
      [1, 1, 1],
    ];
    const [broken, sound] = countsOf(votesOf(alphas, [0, 0, 1], ARGMAX, 0.1, 2, 1), 100, 2);
    expect(broken).toEqual([0, 0]);
    expect(sound![0]! + sound![1]!).toBe(100);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clopperPearsonLower, clopperPearsonUpper } from '../../src/certify/clopper-pearson.ts';
import { contest, type DecisionRule } from '../../src/certify/contest.ts';
import { labelNoise } from '../../src/certify/label-noise.ts';
import { logFailure, monteCarloCertificate, selectionSamples } from '../../src/certify/monte-carlo.ts';
import { NeymanPearsonTable } from '../../src/certify/neyman-pearson.ts';
import { NoisyVotes } from '../../src/certify/noisy-votes.ts';
import { failureBound } from '../../src/certify/smoothed.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { fixed, log, ONE } from '../support/brute-force/logarithm.ts';
import { exactNoise, neighbours, strictWinners, weightOf } from '../support/brute-force/noise.ts';
import { queryOf } from '../support/brute-force/reference.ts';

const ARGMAX: DecisionRule = { kind: 'argmax' };

interface Case {
  readonly alpha: readonly number[];
  readonly labels: readonly number[];
  readonly classes: number;
  readonly q: number;
}

const votesOf = ({ alpha, labels, classes, q }: Case, seed: number) =>
  new NoisyVotes(
    Int32Array.from(labels),
    [Float64Array.from(alpha)],
    ARGMAX,
    labelNoise(q, classes),
    new SeededRandom(seed),
  );

/** Draws and certifies as a service does. */
function certify(of: Case, samples: number, confidence: number, seed: number, table: NeymanPearsonTable) {
  const votes = votesOf(of, seed);
  votes.draw(selectionSamples(samples));
  const selection = votes.collect();
  votes.draw(samples);
  return monteCarloCertificate(
    { selection: selection, counts: votes.collect(), samples: samples },
    confidence,
    table,
    of.labels.length,
  );
}

/** The exact probability that noise on `labels` makes `predicted` lead every rival, times 2^60, rounded down. */
function chanceOf(of: Case, labels: readonly number[], winners: number[][]): number {
  const noise = exactNoise(of.q, of.classes);
  return Number((weightOf(winners, labels, noise) << 60n) / noise.total ** BigInt(labels.length)) * 2 ** -60;
}

/** Rows that mostly speak for one class, so that there is something to certify; leads are multiples of 1/8. */
const cases = fc.constantFrom({ classes: 2, rows: 9 }, { classes: 3, rows: 6 }).chain(({ classes, rows }) => {
  const size = { minLength: rows, maxLength: rows };
  return fc.record({
    classes: fc.constant(classes),
    alpha: fc.array(
      fc.integer({ min: 7, max: 9 }).map((k) => k / 8),
      size,
    ),
    labels: fc.array(fc.oneof({ arbitrary: fc.constant(1), weight: 12 }, fc.constant(0)), size),
    q: fc.constantFrom(1e-4, 0.01, 0.05, 0.2),
  });
});

describe('monteCarloCertificate', () => {
  it('proves a lower bound and flips that the exact probabilities bear out, for every change of labels', () => {
    let certified = 0;
    const tables = new Map<string, NeymanPearsonTable>();
    fc.assert(
      fc.property(cases, fc.nat(), (of, seed) => {
        const key = `${of.q}/${of.classes}`;
        const table = tables.get(key) ?? new NeymanPearsonTable(labelNoise(of.q, of.classes));
        tables.set(key, table);
        // at this confidence a bound that fails even once is a bug
        const certificate = certify(of, 2000, 1 - 1e-9, seed, table);
        if (certificate === null) return;
        const winners = strictWinners(of.alpha, of.classes, ARGMAX)[certificate.prediction]!;
        expect(certificate.pLower).toBeLessThanOrEqual(chanceOf(of, of.labels, winners));
        if (certificate.flips > 0) certified++;
        for (const changed of neighbours(of.labels, of.classes, certificate.flips)) {
          expect(chanceOf(of, changed, winners)).toBeGreaterThan(0.5);
        }
      }),
      { seed: 92, numRuns: 200 },
    );
    expect(certified).toBeGreaterThan(50); // otherwise the property above says nothing
  });

  it('is consistent with the deterministic bound, which is never above the exact probability of success', () => {
    let bounded = 0;
    fc.assert(
      fc.property(
        cases.filter(({ classes }) => classes === 2),
        fc.nat(),
        (of, seed) => {
          const bound = failureBound(
            queryOf(of.alpha, of.labels, 2),
            contest(1, 0, 2, ARGMAX),
            labelNoise(of.q, 2),
          );
          if (bound === null) return;
          bounded++;
          const success = 1 - Math.exp(bound.logFailure);
          const winners = strictWinners(of.alpha, 2, ARGMAX)[1]!;
          expect(chanceOf(of, of.labels, winners)).toBeGreaterThanOrEqual(success - 1e-15);
          const votes = votesOf(of, seed);
          votes.draw(5000);
          expect(clopperPearsonUpper(votes.collect()[1]!, 5000, 1e-9)).toBeGreaterThanOrEqual(success);
        },
      ),
      { seed: 93, numRuns: 200 },
    );
    expect(bounded).toBeGreaterThan(100);
  });

  it.each([
    { classes: 2, labels: [1, 1, 1, 1, 0, 1, 1], q: 0.2 },
    { classes: 3, labels: [1, 1, 2, 1, 0, 1], q: 0.15 },
  ])('exceeds the exact probability in about the risk of 400 seeds at most ($classes classes)', (small) => {
    const [seeds, samples, risk] = [400, 300, 0.1];
    const of: Case = { ...small, alpha: small.labels.map((_, row) => 1 + row / 16) };
    const truth = chanceOf(of, of.labels, strictWinners(of.alpha, of.classes, ARGMAX)[1]!);
    expect(truth).toBeGreaterThan(0.6);
    expect(truth).toBeLessThan(0.99);
    const table = new NeymanPearsonTable(labelNoise(of.q, of.classes));
    let wrong = 0;
    for (let seed = 0; seed < seeds; seed++) {
      const certificate = certify(of, samples, 1 - risk, seed, table);
      if (certificate === null || certificate.pLower > truth) wrong++;
    }
    // 40 expected at most; five standard deviations of Binomial(400, 0.1) are 30. It is a bound worth its name when
    // it fails sometimes.
    expect(wrong).toBeLessThanOrEqual(70);
    expect(wrong).toBeGreaterThanOrEqual(10);
  });

  it('takes the class from the selection and its count from the other votes, and caps the flips', () => {
    const table = new NeymanPearsonTable(labelNoise(0.5, 3));
    const [selection, counts] = [Int32Array.of(3, 90, 7), Int32Array.of(2, 990, 3)];
    const certificate = monteCarloCertificate(
      { selection: selection, counts: counts, samples: 1000 },
      0.999,
      table,
      100,
    )!;
    const pLower = clopperPearsonLower(990, 1000, 1 - 0.999);
    const flips = table.flips(Math.log(1 - pLower), 100);
    expect(certificate).toEqual({ prediction: 1, flips, votes: 990, pLower });
    expect(flips).toBeGreaterThan(1);
    expect(
      monteCarloCertificate({ selection: selection, counts: counts, samples: 1000 }, 0.999, table, 1)!.flips,
    ).toBe(1);
    const tied = monteCarloCertificate(
      { selection: Int32Array.of(0, 50, 50), counts: counts, samples: 1000 },
      0.999,
      table,
      100,
    );
    expect(tied!.prediction).toBe(1); // the smaller class
    const other = monteCarloCertificate(
      { selection: Int32Array.of(0, 10, 90), counts: counts, samples: 1000 },
      0.999,
      table,
      100,
    );
    expect(other).toBeNull(); // 3 of 1000 for the class that was picked
  });

  it('abstains unless the bound is above 1/2', () => {
    const table = new NeymanPearsonTable(labelNoise(0.2, 2));
    const outcomes = Array.from({ length: 101 }, (_, votes) =>
      monteCarloCertificate(
        { selection: Int32Array.of(0, 1), counts: Int32Array.of(0, votes), samples: 100 },
        0.95,
        table,
        10,
      ),
    );
    for (const [votes, certificate] of outcomes.entries()) {
      expect(certificate !== null).toBe(clopperPearsonLower(votes, 100, 1 - 0.95) > 0.5);
    }
    expect(outcomes[50]).toBeNull();
    expect(outcomes[100]).not.toBeNull();
    const refuse = (confidence: number) => () =>
      monteCarloCertificate(
        { selection: Int32Array.of(0, 1), counts: Int32Array.of(0, 9), samples: 10 },
        confidence,
        table,
        10,
      );
    for (const confidence of [0, 1, Number.NaN]) expect(refuse(confidence)).toThrow(RangeError);
  });
});

describe('logFailure', () => {
  it('is at the upper end of log(1 - p)', () => {
    for (const p of [0.5, 0.5 + 2 ** -53, 0.6, 0.75, 0.999, 1 - 1e-10, 1 - 2 ** -53]) {
      expect(fixed(logFailure(p)) >= log(ONE - fixed(p))).toBe(true);
      expect(logFailure(p)).toBeCloseTo(Math.log1p(-p), 12);
    }
  });
});

describe('selectionSamples', () => {
  it.each([
    [1, 100],
    [1000, 100],
    [1001, 101],
    [5000, 500],
    [10_000, 1000],
    [1_000_000, 1000],
  ])('for %i samples: %i', (samples, selection) => {
    expect(selectionSamples(samples)).toBe(selection);
  });
});

import { describe, expect, it } from 'vitest';
import { chernoffBound } from '../../src/certify/chernoff.ts';
import { type Contest, contest, contestsFor, type DecisionRule } from '../../src/certify/contest.ts';
import { LOG_HALF } from '../../src/certify/kullback-leibler.ts';
import { type LabelNoise, labelNoise, momentCoefficients } from '../../src/certify/label-noise.ts';
import type { Query } from '../../src/certify/query.ts';
import { failureBound } from '../../src/certify/smoothed.ts';
import { ANY_LABEL, flippableRows, type ThreatModel } from '../../src/certify/threat.ts';
import { worstLabels } from '../../src/certify/worst-labels.ts';
import { logMomentGains } from '../../src/kernel/reference/log-moment-gains.ts';
import { logMoments } from '../../src/kernel/reference/log-moments.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { certifySmoothed, queryOf } from '../support/brute-force/reference.ts';

const ARGMAX: DecisionRule = { kind: 'argmax' };

/** How the sizes of contributions are spread: what cells of rows of nearly the same size have to cope with. */
const SPREADS: Readonly<Record<string, (random: SeededRandom) => number>> = {
  uniform: (random) => random.uniform(),
  'equal, but for a hundredth': (random) => 1 + random.uniform() / 100,
  'around 0': (random) => random.uniform() + random.uniform() - 0.8,
  'over forty octaves': (random) => 2 ** (-40 * random.uniform()),
  'small, but for some': (random) => (random.below(100) === 0 ? 1 : 0.1 * random.uniform()),
  'huge or denormal': (random) => (random.below(8) === 0 ? 1e3 : random.uniform() * 1e-310),
};

interface Case {
  query: Query;
  rule: DecisionRule;
  noise: LabelNoise;
  threat: ThreatModel;
}

function draw(seed: number, spread: (random: SeededRandom) => number, rows: number): Case {
  const random = new SeededRandom(seed);
  const classes = 2 + random.below(3);
  const agreement = 0.45 + 0.55 * random.uniform();
  const winner = random.below(classes);
  const alpha: number[] = [];
  const labels: number[] = [];
  for (let row = 0; row < rows; row++) {
    const size = spread(random);
    const agrees = random.uniform() < agreement;
    const positive = random.below(3) > 0;
    alpha.push(positive ? size : -size);
    // a row that agrees speaks for the winner or against another class
    const other = (winner + 1 + random.below(classes - 1)) % classes;
    labels.push(agrees === positive ? winner : other);
  }
  const positive = random.below(2);
  const magnitude = alpha.reduce((sum, value) => sum + Math.abs(value), 0);
  const value = (random.uniform() - 0.5) * 0.4 * magnitude;
  const rule: DecisionRule =
    classes === 2 && random.below(2) === 1 ? { kind: 'threshold', value, positive } : ARGMAX;
  const bits = (length: number) => Uint8Array.from({ length }, () => Number(random.below(3) > 0));
  const threat = {
    attackable: random.below(2) === 0 ? null : bits(rows),
    transitions: random.below(3) > 0 ? null : bits(classes * classes),
  };
  const q = [0.001, 0.05, 0.2, 0.4, 0.55][random.below(classes === 2 ? 4 : 5)]!;
  return { query: queryOf(alpha, labels, classes), rule, noise: labelNoise(q, classes), threat };
}

function rowMoments({ query, noise }: Case, match: Contest) {
  const coefficients = momentCoefficients(noise, match);
  const moments = { value: 0, slope: 0, curvature: 0, error: 0 };
  return (t: number) => {
    logMoments(query.alpha, query.labels, coefficients, t, moments);
    moments.value -= t * match.constant;
    moments.slope -= match.constant;
    return moments;
  };
}

/** The most flips that the linear certificate counts over a fine grid of t, gains sorted, without care for rounding. */
function finestFlips(of: Case, match: Contest, optimum: number, cap: number): number {
  const { query, threat, noise } = of;
  const coefficients = momentCoefficients(noise, match);
  const evaluate = rowMoments(of, match);
  const [up, down] = [worstLabels(match, threat, true), worstLabels(match, threat, false)];
  const gains = new Float64Array(query.alpha.length);
  let most = 0;
  for (let step = 0; step <= 150; step++) {
    const t = optimum * 2 ** (-step / 30);
    let total = evaluate(t).value;
    if (!(total < LOG_HALF)) continue;
    logMomentGains(query.alpha, query.labels, coefficients, up, down, threat.attackable, t, gains);
    const descending = gains.toSorted().reverse();
    let flips = 0;
    while (flips < descending.length && total + descending[flips]! < LOG_HALF) total += descending[flips++]!;
    most = Math.max(most, flips === descending.length ? cap : Math.min(flips, cap));
  }
  return most;
}

describe.each(Object.keys(SPREADS))('searching t on cells of many rows, contributions %s', (spread) => {
  const cases = Array.from({ length: 40 }, (_, seed) => draw(seed, SPREADS[spread]!, 256 + 37 * (seed % 9)));

  it('finds the Chernoff bound that a search on the rows finds', () => {
    let bounded = 0;
    for (const [seed, of] of cases.entries()) {
      for (let predicted = 0; predicted < of.noise.classes; predicted++) {
        const match = contest(predicted, (predicted + 1) % of.noise.classes, of.noise.classes, of.rule);
        const bound = failureBound(of.query, match, of.noise);
        const rows = chernoffBound(rowMoments(of, match));
        // no bound at all is one of 0; L falls for ever where no label vector fails
        const [actual, expected] = [bound?.logFailure ?? 0, rows?.logFailure ?? 0];
        if (expected < -1e6) expect(actual, `seed ${seed}`).toBeLessThan(-1e6);
        else {
          const tolerance = 1e-9 * (1 + Math.abs(expected));
          expect(Math.abs(actual - expected), `seed ${seed}`).toBeLessThanOrEqual(tolerance);
        }
        if (actual < LOG_HALF) bounded++;
      }
    }
    expect(bounded).toBeGreaterThan(20);
  });

  it('counts the linear flips that the finest search on the rows counts, but for one or half a percent', () => {
    let certified = 0;
    for (const [seed, of] of cases.entries()) {
      const certificate = certifySmoothed(of.query, of.rule, of.noise, of.threat);
      if (certificate === null || certificate.logFailure === Number.NEGATIVE_INFINITY) continue;
      const cap = flippableRows(of.threat, of.query.labels, of.noise.classes);
      const finest = contestsFor(certificate.prediction, of.noise.classes, of.rule).map((match) => {
        const bound = chernoffBound(rowMoments(of, match));
        // no bound, or none that ends: every flip is survived
        return bound === null ? cap : finestFlips(of, match, bound.t, cap);
      });
      const least = Math.min(...finest);
      const { linearFlips } = certificate;
      expect(linearFlips, `seed ${seed}`).toBeLessThanOrEqual(least + 1); // between two points of the grid
      expect(linearFlips, `seed ${seed}`).toBeGreaterThanOrEqual(least - Math.max(1, 0.005 * least));
      if (linearFlips > 2) certified++;
    }
    expect(certified).toBeGreaterThan(10);
  });
});

describe('a failure that one label vector causes, among many rows', () => {
  it.each([0.2, 0.01, 1e-9])('is bounded as by a search on the rows (q = %d)', (q) => {
    for (let seed = 0; seed < 20; seed++) {
      const random = new SeededRandom(seed);
      const alpha = Array.from(
        { length: 300 },
        () => (random.below(2 ** 20) - 2 ** 19) / 2 ** (18 + random.below(9)),
      );
      // the worst labels end on the threshold: the sum of the negative contributions, which is exact
      const value = alpha.reduce((sum, one) => sum + Math.min(one, 0), 0);
      const labels = alpha.map(() => random.below(2));
      const rule: DecisionRule = { kind: 'threshold', value, positive: 1 };
      const of = { query: queryOf(alpha, labels, 2), rule, noise: labelNoise(q, 2), threat: ANY_LABEL };
      const match = contest(1, 0, 2, rule);
      const expected = chernoffBound(rowMoments(of, match))!.logFailure;
      const atMost = labels.reduce(
        (sum, label, row) => sum + Math.log((label === 1) === alpha[row]! > 0 ? q : 1 - q),
        0,
      );
      const { logFailure } = failureBound(of.query, match, of.noise)!;
      expect(logFailure, `seed ${seed}`).toBeGreaterThanOrEqual(atMost * (1 + 1e-12));
      expect(logFailure, `seed ${seed}`).toBeLessThanOrEqual(expected * (1 - 1e-6));
    }
  });
});

describe('a t that the cells prefer and at which the rounding of the rows is large', () => {
  it.each([36, 40, 60])('does not cost much of the bound: a tenth of the rows over %i octaves', (octaves) => {
    // under this threshold only the vector of all wrong labels fails, and smaller contributions go on lowering L
    const alpha = Array.from({ length: 3000 }, (_, row) =>
      row < 2700 ? 1 : 2 ** ((octaves * (2700 - row)) / 300),
    );
    const rule: DecisionRule = { kind: 'threshold', value: 0, positive: 1 };
    const query = queryOf(alpha, new Array<number>(3000).fill(1), 2);
    const of = { query, rule, noise: labelNoise(0.2, 2), threat: ANY_LABEL };
    const match = contest(1, 0, 2, rule);
    const rows = chernoffBound(rowMoments(of, match))!;
    expect(failureBound(query, match, of.noise)!.logFailure).toBeLessThanOrEqual(0.98 * rows.logFailure);
  });
});

describe('contributions that are not finite, among many', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%d: abstains', (value) => {
    for (const at of [0, 17, 399]) {
      const alpha = new Array<number>(400).fill(1);
      const labels = new Array<number>(400).fill(1);
      expect(
        certifySmoothed(queryOf(alpha, labels, 2), ARGMAX, labelNoise(0.1, 2), ANY_LABEL),
      ).not.toBeNull();
      alpha[at] = value;
      expect(certifySmoothed(queryOf(alpha, labels, 2), ARGMAX, labelNoise(0.1, 2), ANY_LABEL)).toBeNull();
    }
  });
});

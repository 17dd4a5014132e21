import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DecisionRule } from '../../src/certify/contest.ts';
import { labelNoise } from '../../src/certify/label-noise.ts';
import { ANY_LABEL } from '../../src/certify/threat.ts';
import { applyWeights, type Weights } from '../../src/certify/weights.ts';
import { GainBuckets } from '../../src/kernel/gain-buckets.ts';
import {
  contributionsArbitrary,
  instancesArbitrary,
  noisyInstances,
  queryFor,
} from '../support/brute-force/instances.ts';
import {
  certifyByEnumeration,
  greedyFlips,
  type Instance,
  leadWeights,
  possibleLabels,
} from '../support/brute-force/label-changes.ts';
import { exactNoise, failingVectors, neighbours, weightOf } from '../support/brute-force/noise.ts';
import { certifyExactly, certifySmoothed } from '../support/brute-force/reference.ts';

function reshape(alpha: readonly number[], weights: Weights): number[] {
  const reshaped = Float64Array.from(alpha);
  applyWeights(reshaped, weights, new GainBuckets(alpha.length));
  return Array.from(reshaped);
}

/** The definitions of section 1, by sorting. */
function reshapeBySorting(alpha: readonly number[], weights: Weights): number[] {
  if (weights === 'raw') return [...alpha];
  if (weights === 'sign') return alpha.map((value) => (value > 0 ? 1 : value < 0 ? -1 : 0));
  if ('clip' in weights) {
    const sizes = alpha.map(Math.abs).sort((a, b) => a - b);
    const bound = sizes.find((_, i) => (i + 1) / alpha.length >= weights.clip)!;
    return alpha.map((value) => (Math.abs(value) > bound ? Math.sign(value) * bound : value));
  }
  const order = alpha.map((_, row) => row).sort((a, b) => alpha[b]! - alpha[a]! || a - b);
  const chosen = new Set(order.slice(0, weights.top));
  return alpha.map((_, row) => (chosen.has(row) ? 1 : weights.rest));
}

/** -0 and 0 are the same contribution. */
const plus0 = (values: readonly number[]) => values.map((value) => value + 0);

const weightsFor = (rows: number): fc.Arbitrary<Weights> =>
  fc.oneof(
    fc.constant<Weights>('raw'),
    fc.constant<Weights>('sign'),
    // k/n itself is one of the shares that separate one quantile from the next
    fc.integer({ min: 1, max: 2 * rows - 1 }).map((k) => ({ clip: k / (2 * rows) })),
    fc.tuple(fc.integer({ min: 1, max: rows }), fc.constantFrom(-1, 0, -0.5, -1 / 3)).map(([top, rest]) => ({
      top,
      rest,
    })),
  );

const reshapedInstances = <Of extends Instance>(instances: fc.Arbitrary<Of>): fc.Arbitrary<Of> =>
  instances.chain((of) =>
    weightsFor(of.alpha.length).map((weights) => ({ ...of, alpha: reshape(of.alpha, weights) })),
  );

describe('applyWeights', () => {
  it('is what sorting gives, ties, zeros and extreme sizes included', () => {
    const cases = fc
      .integer({ min: 1, max: 12 })
      .chain((rows) => fc.tuple(contributionsArbitrary(rows), weightsFor(rows)));
    fc.assert(
      fc.property(cases, ([alpha, weights]) => {
        expect(plus0(reshape(alpha, weights))).toEqual(plus0(reshapeBySorting(alpha, weights)));
      }),
      { seed: 11, numRuns: 5000 },
    );
  });

  it.each([
    { weights: 'sign', expected: [1, -1, 0, 1, -1] },
    { weights: { clip: 0.5 }, expected: [1, -1, 0, 0.5, -1] },
    { weights: { clip: 0.2 }, expected: [0, 0, 0, 0, 0] },
    { weights: { top: 1, rest: -1 }, expected: [1, -1, -1, -1, -1] },
    { weights: { top: 4, rest: -0.5 }, expected: [1, 1, 1, 1, -0.5] },
    { weights: { top: 5, rest: -1 }, expected: [1, 1, 1, 1, 1] },
  ] as const)('$weights makes $expected of [2, -1, 0, 0.5, -3]', ({ weights, expected }) => {
    expect(plus0(reshape([2, -1, 0, 0.5, -3], weights))).toEqual(expected);
  });

  it('marks the rows that come first among equal contributions', () => {
    expect(reshape([1, 2, 1, 1], { top: 2, rest: 0 })).toEqual([1, 1, 0, 0]);
    expect(reshape([-1, -1, -2, -1], { top: 2, rest: 0 })).toEqual([1, 1, 0, 0]);
    expect(reshape([0, -0, 0], { top: 1, rest: -1 })).toEqual([1, -1, -1]);
  });
});

describe.each([2, 3] as const)('certificates of reshaped contributions, %i classes', (classes) => {
  it.each(['any label', 'restricted'] as const)('exact: against every label vector, %s', (threat) => {
    fc.assert(
      fc.property(reshapedInstances(instancesArbitrary(classes, classes === 2 ? 9 : 7, threat)), (of) => {
        const { prediction, flips, unbreakable } = certifyExactly(queryFor(of), of.rule, of.threat);
        expect({ prediction, flips, unbreakable }).toEqual(certifyByEnumeration(of));
      }),
      { seed: 12, numRuns: 1500 },
    );
  });

  it('smoothed: against every noisy label vector after every allowed change', () => {
    let certified = 0;
    const instances = reshapedInstances(noisyInstances(classes, classes === 2 ? 9 : 6));
    fc.assert(
      fc.property(instances, (of) => {
        const certificate = certifySmoothed(queryFor(of), of.rule, labelNoise(of.q, classes), of.threat);
        if (certificate === null) return;
        const { prediction, flips, klFlips, neymanPearsonFlips } = certificate;
        expect(neymanPearsonFlips).toBeGreaterThanOrEqual(klFlips);
        if (flips > 0) certified++;
        const noise = exactNoise(of.q, classes);
        const everything = noise.total ** BigInt(of.alpha.length);
        for (let rival = 0; rival < classes; rival++) {
          if (rival === prediction) continue;
          const { weights, constant } = leadWeights(of, prediction, rival);
          const failures = failingVectors(of.alpha, weights, constant);
          for (const changed of neighbours(of.labels, classes, flips)) {
            if (!changed.every((label, row) => possibleLabels(of, row).includes(label))) continue;
            expect(2n * weightOf(failures, changed, noise) < everything).toBe(true);
          }
        }
      }),
      { seed: 13, numRuns: 400 },
    );
    expect(certified).toBeGreaterThan(20);
  });
});

// Provenance: test/golden/README.md. The golden contributions, reshaped, against greed in exact arithmetic.
const golden: {
  description: string;
  training: { labels: number[]; classes: number };
  settings: { rule: { threshold?: number } };
  queries: { expected: { alpha: number[] } }[];
}[] = JSON.parse(readFileSync(new URL('../golden/certificates.json', import.meta.url), 'utf8'));

describe.each(golden)('golden contributions, reshaped: $description', ({ training, settings, queries }) => {
  const { labels, classes } = training;
  const { threshold } = settings.rule;
  const rule: DecisionRule =
    threshold === undefined ? { kind: 'argmax' } : { kind: 'threshold', value: threshold, positive: 1 };
  const rows = labels.length;
  const top = Math.ceil(rows / 3);

  it.each<{ weights: Weights }>([
    { weights: 'sign' },
    { weights: { clip: 0.5 } },
    { weights: { top, rest: -1 } },
    { weights: { top, rest: 0 } },
  ])('$weights', ({ weights }) => {
    for (const { expected } of queries) {
      const alpha = reshape(expected.alpha, weights);
      const of: Instance = { alpha, labels, classes, rule, threat: ANY_LABEL };
      const exact = certifyExactly(queryFor(of), rule);
      const greedy = greedyFlips(of);
      expect({ prediction: exact.prediction, flips: exact.flips }).toEqual({
        prediction: greedy.prediction,
        flips: greedy.flips ?? rows,
      });
      for (const q of [0.05, 0.2]) {
        const smoothed = certifySmoothed(queryFor(of), rule, labelNoise(q, classes), ANY_LABEL);
        if (smoothed === null) continue;
        expect(smoothed.neymanPearsonFlips).toBeGreaterThanOrEqual(smoothed.klFlips);
        expect(smoothed.flips).toBeGreaterThanOrEqual(
          Math.max(smoothed.linearFlips, smoothed.neymanPearsonFlips),
        );
      }
    }
  });
});

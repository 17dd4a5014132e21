import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contest, type DecisionRule } from '../../src/certify/contest.ts';
import { labelNoise } from '../../src/certify/label-noise.ts';
import { failureBound } from '../../src/certify/smoothed.ts';
import { ANY_LABEL } from '../../src/certify/threat.ts';
import { confidentInstances, noisyInstances, queryFor } from '../support/brute-force/instances.ts';
import { type Instance, leadWeights, possibleLabels } from '../support/brute-force/label-changes.ts';
import { fixed, logOfInteger } from '../support/brute-force/logarithm.ts';
import { exactNoise, failingVectors, neighbours, weightOf } from '../support/brute-force/noise.ts';
import { certifySmoothed } from '../support/brute-force/reference.ts';

/** Label vectors in which `predicted` does not beat `rival`: D <= 0, section 3. */
function failuresOf(of: Instance, predicted: number, rival: number): number[][] {
  const { weights, constant } = leadWeights(of, predicted, rival);
  return failingVectors(of.alpha, weights, constant);
}

const rivalsOf = (of: Instance, predicted: number) =>
  Array.from({ length: of.classes }, (_, rival) => rival).filter((rival) => rival !== predicted);

const SIZES = [
  { classes: 2, mostRows: 10 },
  { classes: 3, mostRows: 6 },
];

describe.each(SIZES)('smoothed classifier against every noisy label vector, $classes classes', (size) => {
  const instances = noisyInstances(size.classes, size.mostRows);

  it('bounds the probability of failure from above in every contest', () => {
    fc.assert(
      fc.property(instances, fc.nat(), fc.nat(), (of, a, b) => {
        const predicted = a % of.classes;
        const rival = (predicted + 1 + (b % (of.classes - 1))) % of.classes;
        const match = contest(predicted, rival, of.classes, of.rule);
        const bound = failureBound(queryFor(of), match, labelNoise(of.q, of.classes));
        if (bound === null) return;
        const noise = exactNoise(of.q, of.classes);
        const failing = weightOf(failuresOf(of, predicted, rival), of.labels, noise);
        if (failing === 0n) return;
        const logProbability = logOfInteger(failing) - BigInt(of.alpha.length) * logOfInteger(noise.total);
        expect(logProbability).toBeLessThanOrEqual(fixed(bound.logFailure));
      }),
      { seed: 61, numRuns: 1500 },
    );
  });

  it('predicts a class that beats every rival in more than half of the noise, and bounds its failures', () => {
    fc.assert(
      fc.property(instances, (of) => {
        const certificate = certifySmoothed(queryFor(of), of.rule, labelNoise(of.q, of.classes), of.threat);
        if (certificate === null) return;
        const noise = exactNoise(of.q, of.classes);
        const everything = noise.total ** BigInt(of.alpha.length);
        for (const rival of rivalsOf(of, certificate.prediction)) {
          const failing = weightOf(failuresOf(of, certificate.prediction, rival), of.labels, noise);
          expect(2n * failing).toBeLessThan(everything);
          if (certificate.logFailure === Number.NEGATIVE_INFINITY) expect(failing).toBe(0n);
          else if (failing > 0n) {
            const logProbability = logOfInteger(failing) - logOfInteger(everything);
            expect(logProbability).toBeLessThanOrEqual(fixed(certificate.logFailure));
          }
        }
      }),
      { seed: 62, numRuns: 1500 },
    );
  });

  it('keeps its prediction under every allowed change of so many labels, and counts no more rows than can change', () => {
    const certified = { general: 0, linear: 0 };
    const confident = confidentInstances(size.classes, size.mostRows);
    fc.assert(
      fc.property(fc.oneof(confident, confident, instances), (of) => {
        const certificate = certifySmoothed(queryFor(of), of.rule, labelNoise(of.q, of.classes), of.threat);
        if (certificate === null) return;
        const { prediction, flips, klFlips, neymanPearsonFlips, linearFlips } = certificate;
        const movable = of.labels.filter((_, row) => possibleLabels(of, row).length > 1).length;
        expect(neymanPearsonFlips).toBeGreaterThanOrEqual(klFlips);
        expect(flips).toBeGreaterThanOrEqual(Math.max(neymanPearsonFlips, linearFlips));
        expect(flips).toBeLessThanOrEqual(movable);
        if (flips === 0) return;
        if (neymanPearsonFlips > 0) certified.general++;
        if (linearFlips > neymanPearsonFlips) certified.linear++;
        const allowed = (changed: readonly number[]) =>
          changed.every((label, row) => possibleLabels(of, row).includes(label));
        const noise = exactNoise(of.q, of.classes);
        const everything = noise.total ** BigInt(of.alpha.length);
        for (const rival of rivalsOf(of, prediction)) {
          const failures = failuresOf(of, prediction, rival);
          for (const changed of neighbours(of.labels, of.classes, flips)) {
            // KL and Neyman-Pearson hold for changes of any rows, the linear certificate for allowed ones
            const changes = changed.filter((label, row) => label !== of.labels[row]).length;
            if (changes > neymanPearsonFlips && !allowed(changed)) continue;
            if (failures.length > 0) expect(2n * weightOf(failures, changed, noise) < everything).toBe(true);
          }
        }
      }),
      { seed: 63, numRuns: 600 },
    );
    expect(certified.general).toBeGreaterThan(20);
    expect(certified.linear).toBeGreaterThan(20); // otherwise the property above says nothing
  });
});

describe('smoothed classifier under a threshold', () => {
  const threshold = (value: number, positive: number): DecisionRule => ({
    kind: 'threshold',
    value,
    positive,
  });
  const of = (alpha: number[], labels: number[], rule: DecisionRule): Instance => ({
    classes: 2,
    alpha,
    labels,
    rule,
    threat: ANY_LABEL,
  });

  it.each([0, 1])(
    'is certain, positive class %i, when even the worst labels reach the threshold',
    (positive) => {
      const rule = threshold(-0.5, positive);
      const certain = of([1, 2, -0.25], [0, 0, 0], rule);
      expect(certifySmoothed(queryFor(certain), rule, labelNoise(0.1, 2), ANY_LABEL)).toEqual({
        prediction: positive,
        flips: 3,
        by: 'kl',
        klFlips: 3,
        neymanPearsonFlips: 3,
        linearFlips: 3,
        logFailure: Number.NEGATIVE_INFINITY,
      });
      expect(failuresOf(certain, positive, 1 - positive)).toEqual([]);
    },
  );

  it.each([
    { q: 0.01, digits: 9 },
    { q: 0.3, digits: 9 },
    { q: 2 ** -40, digits: 1 }, // the search stops at a large t, whose rounding bound is larger
  ])('approaches, from above, a failure that one label vector causes (q = $q)', ({ q, digits }) => {
    // D <= 0 only when every label is drawn wrong: Chernoff's bound tends to q^n as t grows, so rounding decides
    for (const rows of [1, 2, 5, 9]) {
      const rule = threshold(0, 1);
      const tight = of(new Array<number>(rows).fill(1), new Array<number>(rows).fill(1), rule);
      const bound = failureBound(queryFor(tight), contest(1, 0, 2, rule), labelNoise(q, 2))!;
      const { total, change } = exactNoise(q, 2);
      const exact = BigInt(rows) * (logOfInteger(change) - logOfInteger(total));
      expect(exact).toBeLessThanOrEqual(fixed(bound.logFailure));
      expect(bound.logFailure).toBeCloseTo(rows * Math.log(q), digits);
    }
  });

  it.each([0, 1])(
    'is not certain, positive class %i, when the worst labels end exactly on the threshold',
    (positive) => {
      const rule = threshold(-0.5, positive);
      const edge = of([1, 2, -0.5], [positive, positive, 1 - positive], rule);
      expect(failuresOf(edge, positive, 1 - positive)).toHaveLength(1);
      const certificate = certifySmoothed(queryFor(edge), rule, labelNoise(0.01, 2), ANY_LABEL);
      const { logFailure } = certificate!;
      expect(logFailure).toBeGreaterThan(Number.NEGATIVE_INFINITY);
      expect(logFailure).toBeGreaterThanOrEqual(3 * Math.log(0.01));
    },
  );

  it('is not certain when a floating-point sum misses the label vector that fails', () => {
    // worst labels: 1 - 5 * 2^-55 - (1 - 2^-53) < 0, but 1 - 2^-55 rounds to 1 five times
    const rule = threshold(-1, 1);
    const missed = of(
      [...new Array<number>(5).fill(-(2 ** -55)), 2 ** -53 - 1],
      new Array<number>(6).fill(0),
      rule,
    );
    expect(failuresOf(missed, 1, 0)).toContainEqual([1, 1, 1, 1, 1, 1]);
    const { prediction, logFailure } = certifySmoothed(
      queryFor(missed),
      rule,
      labelNoise(0.01, 2),
      ANY_LABEL,
    )!;
    expect(prediction).toBe(1);
    expect(logFailure).toBeGreaterThan(Number.NEGATIVE_INFINITY);
  });
});

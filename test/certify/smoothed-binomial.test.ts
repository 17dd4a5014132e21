import { describe, expect, it } from 'vitest';
import type { DecisionRule } from '../../src/certify/contest.ts';
import { labelNoise } from '../../src/certify/label-noise.ts';
import type { SmoothedCertificate } from '../../src/certify/smoothed.ts';
import { ANY_LABEL } from '../../src/certify/threat.ts';
import { queryFor } from '../support/brute-force/instances.ts';
import {
  type Instance,
  leadWeights,
  randomFrom,
  shuffled,
  units,
} from '../support/brute-force/label-changes.ts';
import { fixed, logOfInteger } from '../support/brute-force/logarithm.ts';
import { exactNoise, failingVectors, failureWeight, weightOf } from '../support/brute-force/noise.ts';
import { certifySmoothed } from '../support/brute-force/reference.ts';

const argmax: DecisionRule = { kind: 'argmax' };

/** Exact P(failure) against one rival after `labels` were changed, as a weight out of total^n. */
function failure(
  of: Instance,
  q: number,
  predicted: number,
  rival: number,
  labels: readonly number[],
): bigint {
  const { weights } = leadWeights(of, predicted, rival);
  const { rule } = of;
  const constant = rule.kind === 'argmax' ? 0 : predicted === rule.positive ? -rule.value : rule.value;
  return failureWeight(of.alpha, labels, weights, constant, exactNoise(q, of.classes));
}

function certificateOf(of: Instance, q: number): SmoothedCertificate {
  const certificate = certifySmoothed(queryFor(of), of.rule, labelNoise(q, of.classes), of.threat);
  expect(certificate).not.toBeNull();
  return certificate!;
}

/** The prediction's bound holds, and it keeps its majority after `attack` (rows in the order in which they change). */
function expectSound(of: Instance, q: number, attack: readonly number[], rival: number): number {
  const { prediction, klFlips, logFailure } = certificateOf(of, q);
  const logEverything = BigInt(of.alpha.length) * logOfInteger(exactNoise(q, of.classes).total);
  const failing = failure(of, q, prediction, rival, of.labels);
  expect(logOfInteger(failing) - logEverything).toBeLessThanOrEqual(fixed(logFailure));
  for (const changes of new Set([klFlips, klFlips >> 1])) {
    const labels = [...of.labels];
    for (const row of attack.slice(0, changes)) labels[row] = rival;
    const weight = failure(of, q, prediction, rival, labels);
    expect(logOfInteger(2n * weight)).toBeLessThan(logEverything);
  }
  return klFlips;
}

const instance = (classes: number, alpha: number[], labels: number[], rule: DecisionRule): Instance => ({
  classes,
  alpha,
  labels,
  rule,
  threat: ANY_LABEL,
});

/** Equal contributions and labels: changing r labels makes the lead a difference of two binomials. */
const EQUAL = [
  { rows: 300, q: 1 / 16, classes: 2, winner: 0, rule: argmax },
  { rows: 299, q: 1 / 4, classes: 2, winner: 1, rule: argmax },
  { rows: 300, q: 3 / 8, classes: 2, winner: 0, rule: argmax },
  { rows: 301, q: 7 / 16, classes: 2, winner: 0, rule: argmax },
  { rows: 300, q: 2 ** -20, classes: 2, winner: 0, rule: argmax },
  { rows: 120, q: 1 / 8, classes: 3, winner: 2, rule: argmax },
  { rows: 120, q: 1 / 2, classes: 4, winner: 1, rule: argmax },
  { rows: 200, q: 1 / 8, classes: 2, winner: 1, rule: { kind: 'threshold', value: 60, positive: 1 } },
  { rows: 200, q: 1 / 8, classes: 2, winner: 0, rule: { kind: 'threshold', value: 90, positive: 0 } },
  { rows: 200, q: 1 / 8, classes: 2, winner: 0, rule: { kind: 'threshold', value: 110, positive: 1 } },
] as const;

describe('smoothed certificate against exact distributions of the lead', () => {
  it.each(EQUAL)(
    '$rows equal rows of $classes classes, q = $q, $rule',
    ({ rows, q, classes, winner, rule }) => {
      const equal = instance(
        classes,
        new Array<number>(rows).fill(1),
        new Array<number>(rows).fill(winner),
        rule,
      );
      const rival = winner === 0 ? 1 : 0;
      const everyRow = equal.alpha.map((_, row) => row);
      expect(certificateOf(equal, q).prediction).toBe(winner);
      const flips = expectSound(equal, q, everyRow, rival);
      expect(flips).toBeGreaterThanOrEqual(Math.floor(rows / 50));
    },
  );

  it.each([2, 3])(
    'integer contributions and mixed labels, %i classes, under the worst and a random attack',
    (classes) => {
      let certified = 0;
      for (let seed = 0; seed < 24; seed++) {
        const random = randomFrom(seed);
        const rows = 40 + Math.floor(random() * 60);
        const alpha = Array.from({ length: rows }, () => Math.floor(random() * 6) - 1);
        const winner = Math.floor(random() * classes);
        const labels = alpha.map(() => (random() < 0.9 ? winner : Math.floor(random() * classes)));
        const of = instance(classes, alpha, labels, argmax);
        const q = [1 / 32, 1 / 8, 1 / 4][seed % 3]!;
        const { prediction } = certificateOf(of, q);
        const changeable = alpha.map((_, row) => row).filter((row) => labels[row] === prediction);
        const worst = changeable.toSorted((a, b) => alpha[b]! - alpha[a]!);
        for (let rival = 0; rival < classes; rival++) {
          if (rival === prediction) continue;
          certified += expectSound(of, q, worst, rival);
          expectSound(of, q, shuffled(changeable, random), rival);
        }
      }
      expect(certified).toBeGreaterThan(24);
    },
  );

  it('uses a reference that agrees with enumeration on small cases', () => {
    const noise = exactNoise(0.2, 3);
    const [alpha, labels, weights] = [
      [2, -1, 3, 1],
      [0, 2, 1, 0],
      [1, -1, 0],
    ];
    const byEnumeration = weightOf(failingVectors(alpha, weights, units(0)), labels, noise);
    expect(failureWeight(alpha, labels, weights, 0, noise)).toBe(byEnumeration);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contest, type DecisionRule } from '../../src/certify/contest.ts';
import { labelNoise } from '../../src/certify/label-noise.ts';
import { failureBound } from '../../src/certify/smoothed.ts';
import { noisyInstances, queryFor } from '../support/brute-force/instances.ts';
import { leadWeights } from '../support/brute-force/label-changes.ts';
import { approximately, fixed, ONE } from '../support/brute-force/logarithm.ts';
import { exactNoise, logMomentSum } from '../support/brute-force/noise.ts';

describe.each([2, 3])('Chernoff bound, %i classes', (classes) => {
  // contributions of a size that the fixed-point reference resolves
  const resolved = (value: number) => value === 0 || (Math.abs(value) < 4 && Math.abs(value) > 1e-20);
  const instances = noisyInstances(classes, 12).filter((of) => of.q > 1e-6 && of.alpha.every(resolved));

  it('is L(t) at the t it names, never below it, and no other t is better', () => {
    let found = 0;
    fc.assert(
      fc.property(instances, fc.nat({ max: classes - 1 }), (of, predicted) => {
        const rival = (predicted + 1) % classes;
        const bound = failureBound(
          queryFor(of),
          contest(predicted, rival, classes, of.rule),
          labelNoise(of.q, classes),
        );
        if (bound === null || bound.t === 0) return;
        if (bound.logFailure < -1e4) return; // no label vector fails: L falls for ever, any t will do
        found++;
        const { weights } = leadWeights(of, predicted, rival);
        const noise = exactNoise(of.q, classes);
        const constant = constantOf(of.rule, predicted);
        const logAt = (t: bigint) =>
          logMomentSum(of.alpha, of.labels, weights, noise, t) - (t * fixed(constant)) / ONE;
        expect(fixed(bound.logFailure)).toBeGreaterThanOrEqual(logAt(fixed(bound.t)));
        const tolerance = 1e-8 * (1 + Math.abs(bound.logFailure));
        for (const factor of [0.2, 0.5, 0.9, 0.99, 1.01, 1.1, 2, 5]) {
          const other = approximately(logAt(fixed(bound.t * factor)));
          expect(bound.logFailure).toBeLessThanOrEqual(other + tolerance);
        }
      }),
      { seed: 91, numRuns: 400 },
    );
    expect(found).toBeGreaterThan(100);
  });
});

function constantOf(rule: DecisionRule, predicted: number): number {
  if (rule.kind === 'argmax') return 0;
  return predicted === rule.positive ? -rule.value : rule.value;
}

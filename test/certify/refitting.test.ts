import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DecisionRule } from '../../src/certify/contest.ts';
import { breakingSet } from '../../src/certify/exact.ts';
import { ANY_LABEL } from '../../src/certify/threat.ts';
import { GainBuckets } from '../../src/kernel/gain-buckets.ts';
import { instancesArbitrary, queryFor } from '../support/brute-force/instances.ts';
import { randomFrom, shuffled } from '../support/brute-force/label-changes.ts';
import {
  alphaOf,
  certifyExactly,
  fitRidge,
  queryOf,
  type RidgeSettings,
} from '../support/brute-force/reference.ts';
import { type TrainingSet, trainAndScore } from '../support/brute-force/ridge.ts';

interface Problem extends TrainingSet {
  readonly query: number[];
  readonly settings: RidgeSettings;
  readonly rule: DecisionRule;
}

/** Points in [-1, 1]^d on a fine grid, labelled by a noisy linear rule; integer multiples of `step`. */
function problem(seed: number, columns = 3, step = 2 ** -12): Problem {
  const random = randomFrom(seed);
  const pick = <T>(...choices: T[]): T => choices[Math.floor(random() * choices.length)]!;
  const coordinate = () => Math.round((2 * random() - 1) * 4096) * step;
  const point = () => Array.from({ length: columns }, coordinate);
  const classes = pick(2, 2, 3, 4);
  const features = Array.from({ length: 5 + Math.floor(random() * 60) }, point);
  const directions = Array.from({ length: classes }, point);
  const score = (x: number[], label: number) =>
    x.reduce((sum, value, k) => sum + value * directions[label]![k]!, 0);
  const labels = features.map((x) => {
    const scores = directions.map((_, label) => score(x, label));
    return random() < 0.1 ? Math.floor(random() * classes) : scores.indexOf(Math.max(...scores));
  });
  const centre = random() < 0.7;
  const settings = { centre, intercept: centre && random() < 0.5, lambda: { relative: pick(0.01, 1, 100) } };
  const threshold = { kind: 'threshold' as const, value: settings.intercept ? 0.5 : 0, positive: pick(0, 1) };
  const rule: DecisionRule = classes === 2 && random() < 0.5 ? threshold : { kind: 'argmax' };
  return { features, labels, classes, query: point(), settings, rule };
}

function certify(of: Problem) {
  const query = queryOf(alphaOf(fitRidge(of.features, of.settings), of.query), of.labels, of.classes);
  return { query, ...certifyExactly(query, of.rule) };
}

/** What a classifier trained from scratch predicts; null when the scores are too close for its own rounding. */
function retrained(of: Problem, labels: number[]): number | null {
  const scores = trainAndScore({ ...of, labels }, of.settings, of.query);
  const best = scores.indexOf(Math.max(...scores));
  const { rule } = of;
  if (rule.kind === 'threshold') {
    const above = scores[rule.positive]! - rule.value;
    if (Math.abs(above) < 1e-9) return null;
    return above > 0 ? rule.positive : 1 - rule.positive;
  }
  return scores.every((score, label) => label === best || scores[best]! - score > 1e-9) ? best : null;
}

describe('a classifier trained again on changed labels', () => {
  it('predicts as certified on the registered labels, and otherwise once the breaking set is changed', () => {
    let decided = 0;
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const of = problem(seed);
        const { query, prediction, ...certificate } = certify(of);
        expect(retrained(of, of.labels) ?? prediction).toBe(prediction);
        const buckets = new GainBuckets(of.labels.length);
        const flips = breakingSet(query, certificate, ANY_LABEL, buckets);
        if (flips === null) return;
        const labels = [...of.labels];
        for (const { row, to } of flips) labels[row] = to;
        const after = retrained(of, labels);
        expect(after).not.toBe(prediction);
        if (after !== null) decided++;
        // and the service itself, registered with the changed labels, predicts otherwise without exception
        expect(certify({ ...of, labels }).prediction).not.toBe(prediction);
      }),
      { seed: 121, numRuns: 300 },
    );
    expect(decided).toBeGreaterThan(280);
  });

  it('predicts the same after random changes of as many labels as certified', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const of = problem(seed);
        const random = randomFrom(seed + 1);
        const { prediction, flips } = certify(of);
        for (let attack = 0; attack < 25; attack++) {
          const labels = [...of.labels];
          const target = attack % of.classes;
          const others = labels.map((_, row) => row).filter((row) => labels[row] !== target);
          // half of the attacks push every row they touch to one class, the stronger kind
          const rows = shuffled(attack % 2 === 0 ? others : labels.map((_, row) => row), random).slice(
            0,
            flips,
          );
          for (const row of rows) labels[row] = attack % 2 === 0 ? target : Math.floor(random() * of.classes);
          expect(retrained(of, labels) ?? prediction).toBe(prediction);
        }
      }),
      { seed: 122, numRuns: 120 },
    );
  });
});

/**
 * Without an intercept, contributions to a centred model add up to zero: emptying a class is an exact tie, which the
 * rounding of the contributions decides. With one they add up to 1, and refitting leaves generic leads generic.
 */
function generic(seed: number, columns?: number, step?: number): Problem {
  const of = problem(seed, columns, step);
  return { ...of, settings: { ...of.settings, intercept: of.settings.centre } };
}

describe('what the certificate must not depend on', () => {
  it('the order of the rows, when the model is fitted again', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const of = generic(seed);
        const order = shuffled(
          of.labels.map((_, row) => row),
          randomFrom(seed + 2),
        );
        const features = order.map((row) => of.features[row]!);
        const labels = order.map((row) => of.labels[row]!);
        const { query: _, ...expected } = certify(of);
        expect(certify({ ...of, features, labels })).toMatchObject(expected);
      }),
      { seed: 123, numRuns: 200 },
    );
  });

  it.each([2, 3, 4])('the order of the rows at exact ties, bit for bit, %i classes', (classes) => {
    fc.assert(
      fc.property(instancesArbitrary(classes, 40, 'restricted'), fc.nat(), (of, seed) => {
        const order = shuffled(
          of.labels.map((_, row) => row),
          randomFrom(seed),
        );
        const { attackable, transitions } = of.threat;
        const permuted = {
          ...of,
          alpha: order.map((row) => of.alpha[row]!),
          labels: order.map((row) => of.labels[row]!),
          threat: {
            attackable: attackable && Uint8Array.from(order, (row) => attackable[row]!),
            transitions,
          },
        };
        const expected = certifyExactly(queryFor(of), of.rule, of.threat);
        expect(certifyExactly(queryFor(permuted), of.rule, permuted.threat)).toEqual(expected);
      }),
      { seed: 124, numRuns: 500 },
    );
  });

  /** Exact on integer multiples of 5, so that the rotated features are the same points, not rounded ones. */
  const rotations: Record<string, (x: number[]) => number[]> = {
    'by the 3-4-5 triangle': ([x, y]) => [(3 * x! + 4 * y!) / 5, (3 * y! - 4 * x!) / 5],
    'by a right angle': ([x, y]) => [-y!, x!],
    'with a reflection': ([x, y]) => [y!, x!],
  };

  it.each(Object.keys(rotations))('a rotation of the feature space: %s', (name) => {
    const rotate = rotations[name]!;
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const of = generic(seed, 2, 5);
        const { query: _, ...expected } = certify(of);
        const rotated = { ...of, features: of.features.map(rotate), query: rotate(of.query) };
        expect(certify(rotated)).toMatchObject(expected);
      }),
      { seed: 125, numRuns: 300 },
    );
  });

  it('a permutation of the features with changes of sign', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const of = generic(seed, 5);
        const order = shuffled([0, 1, 2, 3, 4], randomFrom(seed));
        const move = (x: number[]) => order.map((from, k) => (k % 2 === 0 ? -x[from]! : x[from]!));
        const { query: _, ...expected } = certify(of);
        expect(certify({ ...of, features: of.features.map(move), query: move(of.query) })).toMatchObject(
          expected,
        );
      }),
      { seed: 126, numRuns: 300 },
    );
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CoefficientSolver } from '../../src/ridge/coefficients.ts';
import { randomFrom } from '../support/brute-force/label-changes.ts';
import { alphaOf, fitRidge, queryOf, type RidgeSettings } from '../support/brute-force/reference.ts';
import { trainAndScore } from '../support/brute-force/ridge.ts';

type Fitted = ReturnType<typeof fitRidge>;

function coefficientsOf(ridge: Fitted, labels: readonly number[], classes: number, block = ridge.rows) {
  const solver = new CoefficientSolver(ridge, ridge.lambda, Int32Array.from(labels), classes);
  for (let row = 0; row < ridge.rows; row += block) solver.add(row, Math.min(ridge.rows, row + block));
  for (let label = 0; label < classes; label++) solver.solve(label);
  return solver.finish();
}

function scores(ridge: Fitted, labels: readonly number[], classes: number, h: readonly number[]): number[] {
  const { theta, intercepts, means } = coefficientsOf(ridge, labels, classes);
  return Array.from(intercepts, (intercept, c) =>
    h.reduce((sum, value, k) => sum + theta[c * h.length + k]! * (value - means[k]!), intercept),
  );
}

/** A training set of small integers in halves, exact in single precision. */
function randomSet(seed: number) {
  const random = randomFrom(seed);
  const classes = 2 + (seed % 3);
  const columns = 1 + (seed % 4);
  const features = Array.from({ length: 12 + (seed % 9) }, () =>
    Array.from({ length: columns }, () => Math.floor(random() * 40) / 2 - 7),
  );
  const labels = features.map((_, row) => (row < classes ? row : Math.floor(random() * classes)));
  const query = Array.from({ length: columns }, () => Math.floor(random() * 40) / 2 - 9);
  return { features, labels, classes, query };
}

const SETTINGS: RidgeSettings[] = [
  { centre: true, intercept: false, lambda: { relative: 1 } },
  { centre: true, intercept: true, lambda: { absolute: 3 } },
  { centre: false, intercept: false, lambda: { absolute: 0.5 } },
];

describe.each(SETTINGS)('coefficients of %j', (settings) => {
  it('give the scores of the textbook ridge regression, and the sums of the contributions', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { features, labels, classes, query } = randomSet(seed);
      const ridge = fitRidge(features, settings);
      const own = scores(ridge, labels, classes, query);
      const trained = trainAndScore({ features, labels, classes }, settings, query);
      const summed = queryOf(alphaOf(ridge, query), labels, classes).scores.sums;
      for (let c = 0; c < classes; c++) {
        expect(own[c]).toBeCloseTo(trained[c]!, 11);
        expect(own[c]).toBeCloseTo(summed[c]!, 11);
      }
    }
  });

  it('have the same bits in any blocks, and the means of the training features', () => {
    const { features, labels, classes } = randomSet(14);
    const ridge = fitRidge(features, settings);
    const whole = coefficientsOf(ridge, labels, classes);
    for (const block of [1, 4, 7]) expect(coefficientsOf(ridge, labels, classes, block)).toEqual(whole);
    for (const [k, mean] of whole.trainingMeans.entries()) {
      const total = features.reduce((sum, row) => sum + row[k]!, 0);
      expect(mean).toBe(total / features.length);
    }
    expect(whole.means).toBe(ridge.means);
  });
});

describe('golden scores', () => {
  const cases = JSON.parse(readFileSync(new URL('../golden/certificates.json', import.meta.url), 'utf8')) as {
    training: { features: number[][]; labels: number[]; classes: number };
    settings: RidgeSettings;
    queries: { h: number[]; expected: { scores: number[] } }[];
  }[];

  it('are those of the coefficients', () => {
    for (const { training, settings, queries } of cases) {
      const ridge = fitRidge(training.features, settings);
      for (const { h, expected } of queries) {
        const own = scores(ridge, training.labels, training.classes, h);
        for (const [c, score] of expected.scores.entries())
          expect(Math.abs(own[c]! - score)).toBeLessThan(1e-12 * (1 + Math.abs(score)));
      }
    }
  });
});

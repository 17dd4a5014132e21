import { describe, expect, it } from 'vitest';
import { CoefficientSolver, type Coefficients } from '../../src/ridge/coefficients.ts';
import { exactScore } from '../support/brute-force/affine.ts';
import { randomFrom, units } from '../support/brute-force/label-changes.ts';
import { alphaOf, fitRidge, type RidgeSettings } from '../support/brute-force/reference.ts';

const LAMBDAS = [100, 1, 1e-3, 1e-6, 1e-9, 1e-12];
const CLASSES = 2;

/** A column that nearly repeats another, so that a small lambda is all that tells them apart. */
function randomCase(seed: number, units: readonly number[] = [1, 1, 1, 1, 1]) {
  const random = randomFrom(seed);
  const symmetric = () => 2 * random() - 1;
  const features = Array.from({ length: 8 + (seed % 30) }, () => {
    const [x, y] = [symmetric(), symmetric()];
    return [x, x, 10 + y, Math.round(y), 1 - Math.round(y)].map((value, k) => Math.fround(value * units[k]!));
  });
  const labels = features.map((_, row) => (row < CLASSES ? row : Math.floor(random() * CLASSES)));
  const centre = seed % 3 > 0;
  const settings: RidgeSettings = {
    centre,
    intercept: seed % 3 > 1,
    lambda: { relative: LAMBDAS[seed % LAMBDAS.length]! },
  };
  const query = Array.from(
    Float32Array.of(symmetric(), symmetric(), 10 + symmetric(), random(), symmetric()).map(
      (value, k) => value * units[k]!,
    ),
  );
  return { features, labels, settings, query };
}

type Case = ReturnType<typeof randomCase>;

function fitted({ features, labels, settings }: Case) {
  const ridge = fitRidge(features, settings);
  const solver = new CoefficientSolver(ridge, ridge.lambda, Int32Array.from(labels), CLASSES);
  solver.add(0, ridge.rows);
  for (let label = 0; label < CLASSES; label++) solver.solve(label);
  return { ridge, coefficients: solver.finish() };
}

/** |served - affine| score in units of 2^-2148. */
function differenceOf(coefficients: Coefficients, alpha: Float64Array, of: Case, label: number): bigint {
  let served = 0n;
  for (const [row, own] of of.labels.entries()) if (own === label) served += units(alpha[row]!);
  const difference = (served << 1074n) - exactScore(coefficients, label, of.query);
  return difference < 0n ? -difference : difference;
}

/** The bound on |served - affine| score of each class at a query. */
function boundsAt({ served: { perDistance, scales, fixed }, means }: Coefficients, query: readonly number[]) {
  const distance = Math.hypot(...query.map((value, k) => (value - means[k]!) * scales[k]!));
  return [...perDistance].map((each) => fixed + each * distance);
}

describe('the bound on what is served', () => {
  it('holds for every lambda, and is small for one that is usual', () => {
    const largest = new Map<number, number>();
    for (let seed = 1; seed <= 600; seed++) {
      const one = randomCase(seed);
      const { ridge, coefficients } = fitted(one);
      for (const [label, bound] of boundsAt(coefficients, one.query).entries()) {
        const difference = differenceOf(coefficients, alphaOf(ridge, one.query), one, label);
        expect(difference <= units(bound) << 1074n, `seed ${seed}`).toBe(true);
        const relative = one.settings.lambda.relative!;
        largest.set(relative, Math.max(largest.get(relative) ?? 0, bound));
      }
    }
    expect(largest.get(100)).toBeLessThan(1e-11);
    expect(largest.get(1)).toBeLessThan(1e-11);
    expect(largest.get(1e-6)).toBeLessThan(1e-4);
  });

  it('does not suffer from a large unit: it is no larger beside an income in cents, and a small absolute lambda', () => {
    let largest = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const one = randomCase(seed, [1, 1, 1000, 1, 1]);
      const settings: RidgeSettings = { ...one.settings, lambda: { absolute: 0.5 } };
      const { ridge, coefficients } = fitted({ ...one, settings });
      for (const [label, bound] of boundsAt(coefficients, one.query).entries()) {
        const difference = differenceOf(coefficients, alphaOf(ridge, one.query), one, label);
        expect(difference <= units(bound) << 1074n, `seed ${seed}`).toBe(true);
        largest = Math.max(largest, bound);
      }
    }
    expect(largest).toBeLessThan(1e-9);
  });

  it('is infinite where lambda drowns in the rounding of the features, and 0 where there is nothing to round', () => {
    const centred = { centre: false, intercept: false };
    const flat = { features: [[0], [0]], labels: [0, 1], query: [1] };
    const { served } = fitted({ ...flat, settings: { ...centred, lambda: { absolute: 1 } } }).coefficients;
    expect(served).toMatchObject({ perDistance: new Float64Array(2), fixed: 0 });
    // two columns that only lambda tells apart
    const steep = {
      features: [
        [1e9, 1e9],
        [-1e9, -1e9],
      ],
      labels: [0, 1],
      query: [1, 1],
    };
    const drowned = fitted({ ...steep, settings: { ...centred, lambda: { absolute: 1e3 } } }).coefficients;
    expect([...drowned.served.perDistance]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });
});

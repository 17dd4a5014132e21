import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AffineScores } from '../../src/certify/affine.ts';
import type { DecisionRule } from '../../src/certify/contest.ts';
import { radius } from '../../src/certify/radius.ts';
import { CoefficientSolver } from '../../src/ridge/coefficients.ts';
import { exactAffineLead, predictAffine } from '../support/brute-force/affine.ts';
import { randomFrom, units } from '../support/brute-force/label-changes.ts';
import { fitRidge, type RidgeSettings } from '../support/brute-force/reference.ts';

interface GoldenCase {
  description: string;
  training: { features: number[][]; labels: number[]; classes: number };
  settings: RidgeSettings & { rule: { argmax?: true; threshold?: number } };
  queries: {
    h: number[];
    expected: { prediction: number; radius?: { l2: number | null; linf: number | null } };
  }[];
}

// Provenance: test/golden/README.md.
const cases: GoldenCase[] = JSON.parse(
  readFileSync(new URL('../golden/certificates.json', import.meta.url), 'utf8'),
);

describe('golden radii', () => {
  it('are met, and not passed', () => {
    let checked = 0;
    for (const { training, settings, queries } of cases) {
      const ridge = fitRidge(training.features, settings);
      const solver = new CoefficientSolver(
        ridge,
        ridge.lambda,
        Int32Array.from(training.labels),
        training.classes,
      );
      solver.add(0, ridge.rows);
      for (let label = 0; label < training.classes; label++) solver.solve(label);
      const rule: DecisionRule =
        settings.rule.threshold === undefined
          ? { kind: 'argmax' }
          : { kind: 'threshold', value: settings.rule.threshold, positive: 1 };
      for (const { h, expected } of queries) {
        if (expected.radius === undefined) continue;
        const affine = solver.finish();
        const at = Float32Array.from(h);
        const own = radius({ ...affine, served: null }, at, expected.prediction, rule);
        const served = radius(affine, at, expected.prediction, rule);
        for (const norm of ['l2', 'linf'] as const) {
          const golden = expected.radius[norm] ?? Number.POSITIVE_INFINITY;
          if (golden === 0 || golden === Number.POSITIVE_INFINITY) expect(own[norm]).toBe(golden);
          else {
            expect(own[norm] / golden).toBeGreaterThan(1 - 1e-9);
            expect(own[norm] / golden).toBeLessThan(1 + 1e-12);
            expect(served[norm] / golden).toBeGreaterThan(1 - 1e-9);
          }
          expect(served[norm]).toBeLessThanOrEqual(own[norm]);
          checked++;
        }
      }
    }
    expect(checked).toBe(62);
  });
});

interface Case {
  readonly scores: AffineScores;
  readonly h: Float32Array;
  readonly rule: DecisionRule;
}

function randomCase(seed: number): Case {
  const random = randomFrom(seed);
  const classes = 2 + (seed % 3);
  const columns = 1 + (seed % 5);
  const symmetric = () => 2 * random() - 1;
  const many = (length: number, make: () => number) => Array.from({ length }, make);
  const rule: DecisionRule =
    classes === 2 && random() < 0.5
      ? { kind: 'threshold', value: symmetric(), positive: Number(random() < 0.5) }
      : { kind: 'argmax' };
  return {
    scores: {
      theta: Float64Array.from(many(classes * columns, symmetric)),
      intercepts: Float64Array.from(many(classes, () => (seed % 2) * symmetric())),
      means: Float64Array.from(many(columns, symmetric)),
      served: null,
    },
    h: Float32Array.from(many(columns, () => 3 * symmetric())),
    rule,
  };
}

/** The class that comes next after a step of this length in the worst direction against some rival. */
function predictionsAt({ scores, h, rule }: Case, predicted: number, norm: 'l2' | 'linf', length: number) {
  const { theta, intercepts } = scores;
  const columns = h.length;
  const rivals = Array.from(intercepts.keys()).filter((label) => label !== predicted);
  return rivals.map((rival) => {
    const slope = Array.from(h, (_, k) => {
      if (rule.kind === 'threshold') {
        return theta[rule.positive * columns + k]! * (predicted === rule.positive ? 1 : -1);
      }
      return theta[predicted * columns + k]! - theta[rival * columns + k]!;
    });
    const size = Math.hypot(...slope);
    const moved = slope.map((value, k) => {
      const step = norm === 'l2' ? value / size : Math.sign(value);
      return h[k]! - length * step;
    });
    return predictAffine(scores, moved, rule);
  });
}

describe('a radius', () => {
  it('keeps the prediction just within, in the worst directions, and loses it just beyond', () => {
    let infinite = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const one = randomCase(seed);
      const predicted = predictAffine(one.scores, one.h, one.rule);
      const found = radius(one.scores, one.h, predicted, one.rule);
      for (const norm of ['l2', 'linf'] as const) {
        const length = found[norm];
        if (!Number.isFinite(length)) {
          infinite++;
          continue;
        }
        const within = predictionsAt(one, predicted, norm, length * (1 - 1e-9));
        expect(new Set(within), `seed ${seed}`).toEqual(new Set([predicted]));
        const beyond = predictionsAt(one, predicted, norm, length * (1 + 1e-9));
        expect(
          beyond.some((label) => label !== predicted),
          `seed ${seed}`,
        ).toBe(true);
      }
    }
    expect(infinite).toBe(0);
  });

  it('is at most the exact quotient: its square times the squared norm never passes the squared lead', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const { scores, h, rule } = randomCase(3 * seed); // two classes
      const predicted = predictAffine(scores, h, rule);
      const { l2, linf } = radius(scores, h, predicted, rule);
      const lead = exactAffineLead(scores, h, predicted, 1 - predicted, rule);
      const columns = h.length;
      // Slopes in units of 2^-1074, exactly.
      const slope = Array.from(h, (_, k) => {
        const [own, other] = [predicted, 1 - predicted].map((label) =>
          units(scores.theta[label * columns + k]!),
        );
        if (rule.kind === 'argmax') return own! - other!;
        return predicted === rule.positive ? own! : -other!;
      });
      const squares = slope.reduce((sum, value) => sum + value * value, 0n);
      expect(units(l2) ** 2n * squares <= lead ** 2n, `seed ${seed}`).toBe(true);
      const sizes = slope.reduce((sum, value) => sum + (value < 0n ? -value : value), 0n);
      expect(units(linf) * sizes <= lead, `seed ${seed}`).toBe(true);
    }
  });

  it('is 0 at a tie and where the scores given predict another class', () => {
    const scores = {
      theta: Float64Array.of(1, -1),
      intercepts: new Float64Array(2),
      means: new Float64Array(1),
      served: null,
    };
    const none = { l2: 0, linf: 0, proven: false };
    expect(radius(scores, Float32Array.of(0), 0, { kind: 'argmax' })).toEqual(none);
    expect(radius(scores, Float32Array.of(1), 1, { kind: 'argmax' })).toEqual(none);
    expect(radius(scores, Float32Array.of(1), 0, { kind: 'argmax' }).l2).toBeCloseTo(1, 14);
  });

  it('is infinite where no feature matters, for the class that wins then', () => {
    const flat = (a: number, b: number) => ({
      theta: new Float64Array(4),
      intercepts: Float64Array.of(a, b),
      means: new Float64Array(2),
      served: null,
    });
    const h = Float32Array.of(3, 4);
    const none = { l2: 0, linf: 0, proven: false };
    const all = { l2: Number.POSITIVE_INFINITY, linf: Number.POSITIVE_INFINITY, proven: true };
    expect(radius(flat(0.5, 0.5), h, 0, { kind: 'argmax' })).toEqual(all); // ties go to the first
    expect(radius(flat(0.5, 0.5), h, 1, { kind: 'argmax' })).toEqual(none);
    expect(radius(flat(0.4, 0.6), h, 1, { kind: 'argmax' })).toEqual(all);
    const at = { kind: 'threshold', value: 0.5, positive: 1 } as const;
    expect(radius(flat(0.5, 0.5), h, 1, at)).toEqual(all); // a score at the threshold reaches it
    expect(radius(flat(0.5, 0.5), h, 0, at)).toEqual(none);
  });

  it('refuses what is not a number, and survives extreme sizes', () => {
    const of = (slope: number, x: number) =>
      radius(
        {
          theta: Float64Array.of(slope, 0),
          intercepts: new Float64Array(2),
          means: new Float64Array(1),
          served: null,
        },
        Float32Array.of(x),
        0,
        { kind: 'argmax' },
      );
    expect(of(Number.NaN, 1)).toEqual({ l2: 0, linf: 0, proven: false });
    expect(of(Number.POSITIVE_INFINITY, 1)).toEqual({ l2: 0, linf: 0, proven: false });
    for (const slope of [2 ** 900, 2 ** -900]) {
      expect(of(slope, 2).l2 / 2).toBeCloseTo(1, 12);
      expect(of(slope, 2).l2).toBeLessThan(2);
    }
    expect(of(2 ** -1074, 1).l2).toBeLessThanOrEqual(1); // all rounding: at most the distance to the tie
  });
});

import { expect, it } from 'vitest';
import { contest } from '../../src/certify/contest.ts';
import { labelNoise, momentCoefficients } from '../../src/certify/label-noise.ts';
import { linearFlips, type Smoothed } from '../../src/certify/linear.ts';
import { ANY_LABEL } from '../../src/certify/threat.ts';
import { GainBuckets } from '../../src/kernel/gain-buckets.ts';
import { queryOf } from '../support/brute-force/reference.ts';

/*
 * Label noise q = 1/4, two classes, threshold 1/4 for class 1, which is predicted. With Y the noisy labels it
 * fails where D = Y_0 + Y_1 + Y_2 / 2 - 1/4 <= 0: where all rows show 0. At t = log 16, x = e^-t = 1/16:
 *
 *   row   alpha   label   M_1 = 1/4 + 3/4 x^alpha   flipped: M_0 = 3/4 + 1/4 x^alpha   e^gain = M_0 / M_1
 *    0     1        1       19/64                     49/64                              49/19
 *    1     1        1       19/64                     49/64                              49/19
 *    2     1/2      1        7/16                     13/16                              13/7
 *
 * The bound on P(failure) is x^(-1/4) = 2 times the product of the M; the truth is that of P(a row shows 0):
 *
 *   flipped    bound                               truth
 *   none       2 x 19 x 19 x  7 / 65536 = 0.077     1/64
 *   0          2 x 49 x 19 x  7 / 65536 = 0.199     3/64
 *   0 and 1    2 x 49 x 49 x  7 / 65536 = 0.513     9/64   no other t is better by more than 0.001
 *   0 and 2    2 x 49 x 19 x 13 / 65536 = 0.369     9/64
 *   all        2 x 49 x 49 x 13 / 65536 = 0.953    27/64
 *
 * In truth all stay below 1/2. Proved is one flip of any row, and two where row 1 is out of reach.
 */
const alpha = [1, 1, 0.5];
const best = Math.log(16);
const match = contest(1, 0, 2, { kind: 'threshold', value: 0.25, positive: 1 });
const coefficients = momentCoefficients(labelNoise(0.25, 2), match);
const logBound = (t: number) =>
  alpha.reduce((sum, value) => sum + Math.log(0.25 + 0.75 * Math.exp(-t * value)), t / 4);
const evaluate = (t: number) => ({ value: logBound(t), slope: 0, curvature: 0, error: 1e-14 });

function flips(threat = ANY_LABEL, cap = 3, changes: Partial<Smoothed> = {}): number {
  const contested = { query: queryOf(alpha, [1, 1, 1], 2), match, threat, buckets: new GainBuckets(3) };
  return linearFlips(contested, { coefficients, cells: null, evaluate, best, ...changes }, cap);
}
const reaching = (...rows: number[]) => ({ attackable: Uint8Array.from(rows), transitions: null });

it('the linear certificate counts the largest gains that leave the bound below 1/2', () => {
  expect(flips()).toBe(1);
});

it('it grows when a large gain is out of reach; its cap is what no gains use up', () => {
  expect(flips(reaching(1, 0, 1), 2)).toBe(2);
  expect(flips(reaching(1, 1, 0), 2)).toBe(1);
  expect(flips(reaching(0, 0, 0), 3)).toBe(3); // an empty threat takes nothing, however much is counted
});

it('it takes L at its upper end, and counts nothing where that is not below log(1/2)', () => {
  // Some L at t = log 16, none below 0 elsewhere. A flip adds log(49/19) = 0.947; log(1/2) is -0.693.
  const at = (value: number, error: number) => {
    const only = (t: number) => ({ ...evaluate(t), value: t === best ? value : 0, error });
    return flips(ANY_LABEL, 3, { evaluate: only });
  };
  expect([at(-1.7, 0), at(-1.7, 0.1), at(-0.69, 0), at(Number.NaN, 0)]).toEqual([1, 0, 0, 0]);
});

it('it looks where the cells say, and believes the rows', () => {
  const cells = { labels: Int32Array.of(1, 1), targets: Int32Array.of(0, 0), means: Float64Array.of(1, 0.5) };
  expect(flips(ANY_LABEL, 3, { cells: { ...cells, rows: Float64Array.of(2, 1) } })).toBe(1); // the table
  const promise = { cells: { ...cells, rows: Float64Array.of(40, 40) } }; // dozens of flips
  expect(flips(ANY_LABEL, 2, promise)).toBe(1); // one less than the cap: near enough
  expect(flips(ANY_LABEL, 3, promise)).toBe(1); // found by a search of its own
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chernoffBound } from '../../src/certify/chernoff.ts';
import { contestsFor } from '../../src/certify/contest.ts';
import { exactCertificate } from '../../src/certify/exact.ts';
import { kullbackLeiblerFlips } from '../../src/certify/kullback-leibler.ts';
import { labelNoise } from '../../src/certify/label-noise.ts';
import { predict } from '../../src/certify/predict.ts';
import { failureBound } from '../../src/certify/smoothed.ts';
import { ANY_LABEL } from '../../src/certify/threat.ts';
import { GainBuckets } from '../../src/kernel/gain-buckets.ts';
import type { LogMoments } from '../../src/kernel/reference/log-moments.ts';
import { choleskyFactor } from '../../src/ridge/cholesky.ts';
import { confidentInstances, queryFor } from '../support/brute-force/instances.ts';
import { randomFrom } from '../support/brute-force/label-changes.ts';
import { certifySmoothed, queryOf } from '../support/brute-force/reference.ts';

const NOT_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const noise = labelNoise(0.1, 2);
const ARGMAX = { kind: 'argmax' } as const;

describe('NaN and infinity land on the refusing side', () => {
  it('kullbackLeiblerFlips certifies no flip of a bound that is not a number below log(1/2)', () => {
    for (const value of NOT_NUMBERS) expect(kullbackLeiblerFlips(value, noise)).toBe(0);
  });

  it.each([...NOT_NUMBERS, 1.7e308])(
    'predict and exactCertificate throw when a contribution is %d',
    (value) => {
      const query = queryOf([value, value, 1], [0, 0, 1], 2);
      const buckets = new GainBuckets(3);
      expect(() => predict(query.alpha, query.labels, query.scores, ARGMAX)).toThrow(RangeError);
      for (const predicted of [0, 1]) {
        expect(() => exactCertificate(query, predicted, ARGMAX, ANY_LABEL, buckets)).toThrow(RangeError);
      }
    },
  );

  it.each(NOT_NUMBERS)('choleskyFactor refuses lambda = %d and a Gram matrix with it', (value) => {
    expect(choleskyFactor(Float64Array.of(1, 0, 0, 1), 2, value)).toBeNull();
    expect(choleskyFactor(Float64Array.of(1, value, 0, 1), 2, 1)).toBeNull();
  });

  // A healthy evaluation, L(t) = t^2 - 20 t with minimum -100 at t = 10, in which one field goes bad from t = `from` on.
  const healthy = (t: number): LogMoments => ({
    value: t * t - 20 * t,
    slope: 2 * t - 20,
    curvature: 2,
    error: 0,
  });
  const bad = NOT_NUMBERS.flatMap((value) => [0, 1].flatMap((from) => ({ value, from })));

  it('chernoffBound finds the minimum of the healthy evaluation', () => {
    expect(chernoffBound(healthy)).toEqual({ t: 10, logFailure: -100 });
  });

  it.each(bad)(
    'chernoffBound proves nothing when the error is $value from t = $from on',
    ({ value, from }) => {
      const bound = chernoffBound((t) => ({ ...healthy(t), ...(t >= from && { error: value }) }));
      expect(kullbackLeiblerFlips(bound?.logFailure ?? 0, noise)).not.toBeGreaterThan(0);
    },
  );

  it.each(bad)('chernoffBound proves nothing when L is $value from t = $from on', ({ value, from }) => {
    const bound = chernoffBound((t) => ({ ...healthy(t), ...(t >= from && { value }) }));
    expect(kullbackLeiblerFlips(bound?.logFailure ?? 0, noise)).not.toBeGreaterThan(0);
  });

  it.each(['slope', 'curvature'] as const)(
    'chernoffBound stays at or above the minimum when the %s is bad',
    (field) => {
      for (const { value, from } of bad) {
        const bound = chernoffBound((t) => ({ ...healthy(t), ...(t >= from && { [field]: value }) }));
        expect(bound?.logFailure ?? 0).toBeGreaterThanOrEqual(-100);
      }
    },
  );

  it('chernoffBound refuses when L does not fall at zero', () => {
    for (const slope of [0, 1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(chernoffBound((t) => ({ ...healthy(t), slope }))).toBeNull();
    }
  });

  it.each([2, 3])(
    'one contribution that is not finite makes the smoothed classifier abstain, %i classes',
    (classes) => {
      const spoilt = fc.tuple(confidentInstances(classes, 10), fc.constantFrom(...NOT_NUMBERS), fc.nat());
      fc.assert(
        fc.property(spoilt, ([of, value, seed]) => {
          const alpha = [...of.alpha];
          alpha[Math.floor(randomFrom(seed)() * alpha.length)] = value;
          const query = queryFor({ ...of, alpha });
          expect(certifySmoothed(query, of.rule, labelNoise(of.q, classes), of.threat)).toBeNull();
          for (let predicted = 0; predicted < classes; predicted++) {
            for (const match of contestsFor(predicted, classes, of.rule)) {
              const bound = failureBound(query, match, labelNoise(of.q, classes));
              expect(kullbackLeiblerFlips(bound?.logFailure ?? 0, noise)).toBe(0);
            }
          }
        }),
        { seed: 81, numRuns: 500 },
      );
    },
  );
});

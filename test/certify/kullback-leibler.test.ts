import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kullbackLeiblerFlips, LOG_HALF } from '../../src/certify/kullback-leibler.ts';
import { divergencePerFlip, labelNoise } from '../../src/certify/label-noise.ts';
import { units } from '../support/brute-force/label-changes.ts';
import { divide, expMinus, fixed, LN2, log, multiply, ONE } from '../support/brute-force/logarithm.ts';
import { exactNoise } from '../support/brute-force/noise.ts';

/** kappa = (1 - q - q') log((1 - q)/q'), with 96 digits. */
function divergence(q: number, classes: number): bigint {
  const { keep, change, total } = exactNoise(q, classes);
  return multiply(divide(keep - change, total), log(divide(keep, change)));
}

/** -log(4 p (1 - p)) / (2 kappa), p = 1 - e^logFailure, with 96 digits. */
function unrounded(logFailure: number, q: number, classes: number): bigint {
  const bound = fixed(logFailure);
  const numerator = -(2n * LN2 + bound + log(ONE - expMinus(-bound)));
  return divide(numerator, 2n * divergence(q, classes));
}

const noises = fc.integer({ min: 2, max: 12 }).chain((classes) => {
  const limit = (classes - 1) / classes;
  return fc.record({
    classes: fc.constant(classes),
    q: fc.oneof(
      fc.constantFrom(limit * (1 - 2 ** -53), limit * (1 - 2 ** -40), 1e-50, 1e-12, 0.05),
      fc.double({ min: 1e-6, max: limit * (1 - 1e-9), noNaN: true }),
    ),
  });
});

const logFailures = fc.oneof(
  fc.double({ min: -50, max: LOG_HALF, noNaN: true }),
  fc.double({ min: -1e6, max: -50, noNaN: true }),
  fc.integer({ min: 1, max: 53 }).map((k) => LOG_HALF * (1 + 2 ** -k)),
);

describe('kullbackLeiblerFlips', () => {
  it('never exceeds the formula computed with 96 digits, and is at most a rounding away from it', () => {
    fc.assert(
      fc.property(logFailures, noises, (logFailure, { q, classes }) => {
        const flips = BigInt(kullbackLeiblerFlips(logFailure, labelNoise(q, classes)));
        const exact = unrounded(logFailure, q, classes);
        expect(flips * ONE).toBeLessThanOrEqual(exact);
        const gap = exactNoise(q, classes);
        // near the limit of q, and near P = 1/2, the differences 1 - q - q' and log 4p(1-p) have few digits left
        const welldefined = (gap.keep - gap.change) * 1000n > gap.total && logFailure < -0.75;
        if (welldefined) expect((flips + 1n) * ONE).toBeGreaterThan(exact - exact / 10n ** 11n);
      }),
      { seed: 71, numRuns: 3000 },
    );
  });

  it('does not round up where the formula is a few units in the last place from an integer', () => {
    fc.assert(
      fc.property(
        noises,
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: -8, max: 8 }),
        (noise, flips, ulps) => {
          const kappa = Number(divergence(noise.q, noise.classes) >> 120n) * 2 ** -200;
          // -log(4 p (1 - p)) is within e^-L of L - log 4 for logFailure = -L
          const near = -(2 * kappa * flips + 2 * Math.LN2) * (1 + ulps * 2 ** -53);
          fc.pre(near < -1);
          const certified = BigInt(kullbackLeiblerFlips(near, labelNoise(noise.q, noise.classes)));
          expect(certified * ONE).toBeLessThanOrEqual(unrounded(near, noise.q, noise.classes));
        },
      ),
      { seed: 72, numRuns: 2000 },
    );
  });

  it('never certifies a bound of one half or more', () => {
    const noise = labelNoise(0.1, 2);
    const nothing = [
      LOG_HALF,
      -Math.LN2,
      Math.log(0.5),
      -0.5,
      -0,
      0,
      1,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ];
    for (const logFailure of nothing) expect(kullbackLeiblerFlips(logFailure, noise)).toBe(0);
  });

  it('falls as the bound grows', () => {
    fc.assert(
      fc.property(logFailures, logFailures, noises, (a, b, { q, classes }) => {
        const noise = labelNoise(q, classes);
        const [better, worse] = [Math.min(a, b), Math.max(a, b)];
        const slack = Math.max(1e-12 * kullbackLeiblerFlips(worse, noise), 0);
        expect(kullbackLeiblerFlips(better, noise)).toBeGreaterThanOrEqual(
          kullbackLeiblerFlips(worse, noise) - slack,
        );
      }),
      { seed: 73, numRuns: 500 },
    );
  });
});

describe('LOG_HALF', () => {
  it('is the largest double below log(1/2)', () => {
    expect(fixed(LOG_HALF)).toBeLessThan(-LN2);
    const next = units(LOG_HALF) + (1n << (1074n - 53n)); // one unit in the last place up
    expect(next << 320n).toBeGreaterThan(-LN2 << 1074n);
  });
});

describe('divergencePerFlip', () => {
  it("lies at or above the divergence computed with 96 digits, and close to it where 1 - q - q' is not tiny", () => {
    fc.assert(
      fc.property(noises, ({ q, classes }) => {
        const exact = divergence(q, classes);
        const { keep, change, total } = exactNoise(q, classes);
        const actual = fixed(divergencePerFlip(labelNoise(q, classes)));
        expect(actual).toBeGreaterThanOrEqual(exact);
        const wide = divide(keep - change, total) > ONE / 1000n;
        if (wide) expect(actual - exact).toBeLessThan(exact / 10n ** 11n);
      }),
      { seed: 74, numRuns: 2000 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelNoise, momentCoefficients } from '../../src/certify/label-noise.ts';
import { contestWeights, matchOf, nearLimit } from '../support/brute-force/instances.ts';
import { fixed, ONE } from '../support/brute-force/logarithm.ts';
import { exactNoise, logMoment } from '../support/brute-force/noise.ts';
import { doublesIn, integersIn, KERNELS } from '../support/kernel/kernels.ts';

const alphas = fc.oneof(
  fc.double({ min: -1, max: 1, noNaN: true }),
  fc.constantFrom(0, -0, 1, -1, 5e-324, 1e-300, 1e4, -1e4),
);

const cases = contestWeights.chain((weights) => {
  const label = fc.integer({ min: 0, max: weights.length - 1 });
  const targets = fc.array(label, { minLength: weights.length, maxLength: weights.length });
  return fc.record({
    weights: fc.constant(weights),
    q: fc.oneof(
      fc.constantFrom(nearLimit(weights.length), 1e-30, 1e-12, 0.05),
      fc.double({ min: 0.001, max: nearLimit(weights.length), noNaN: true }),
    ),
    rows: fc.array(fc.tuple(alphas, label, fc.constantFrom(0, 1)), { minLength: 1, maxLength: 12 }),
    ifPositive: targets,
    ifNegative: targets,
    masked: fc.boolean(),
    t: fc.oneof(fc.constantFrom(1e-8, 1, 700, 1e4), fc.double({ min: 0.01, max: 50, noNaN: true })),
  });
});

describe.each(KERNELS)('logMomentGains, $name', ({ kernel, fresh }) => {
  it('are the positive differences of logarithms at 96 digits, within the bound on all of them together', () => {
    fc.assert(
      fc.property(cases, ({ weights, q, rows, ifPositive, ifNegative, masked, t }) => {
        const memory = fresh();
        const classes = weights.length;
        const noise = exactNoise(q, classes);
        const out = memory.doubles(rows.length).fill(Number.NaN);
        const [alpha, labels, mask] = [0, 1, 2].map((column) => rows.map((row) => row[column]!));
        const bound = kernel.logMomentGains(
          doublesIn(memory, alpha!),
          integersIn(memory, labels!),
          momentCoefficients(labelNoise(q, classes), matchOf(weights)),
          Int32Array.from(ifPositive),
          Int32Array.from(ifNegative),
          masked ? Uint8Array.from(mask!) : null,
          t,
          out,
        );
        let together = 0n;
        for (const [row, [value, label, attackable]] of rows.entries()) {
          const gain = out[row]!;
          expect(gain).toBeGreaterThanOrEqual(0);
          const target = (value > 0 ? ifPositive : ifNegative)[label]!;
          if ((masked && attackable === 0) || target === label) {
            expect(gain).toBe(0);
            continue;
          }
          const z = (fixed(t) * fixed(value)) / ONE;
          const exact = logMoment(z, target, weights, noise) - logMoment(z, label, weights, noise);
          const distance = fixed(gain) - (exact > 0n ? exact : 0n);
          together += distance < 0n ? -distance : distance;
        }
        expect(together).toBeLessThanOrEqual(fixed(bound) + (ONE >> 200n));
        const size = alpha!.reduce((sum, value) => sum + Math.abs(t * value) + 100, 0);
        expect(bound).toBeLessThan(1e-14 * size); // and it stays useful
      }),
      { seed: 56, numRuns: 2000 },
    );
  });

  it('refuse arrays that do not belong together, and make the bound NaN where a contribution is', () => {
    const memory = fresh();
    const coefficients = momentCoefficients(labelNoise(0.1, 2), matchOf([1, -1]));
    const targets = Int32Array.of(1, 1);
    const [alpha, labels, out] = [memory.doubles(3), integersIn(memory, [0, 1, 0]), memory.doubles(3)];
    const short = memory.doubles(2);
    const call = (...given: Parameters<typeof kernel.logMomentGains>) => kernel.logMomentGains(...given);
    const refused = (...wrong: Parameters<typeof call>) => expect(() => call(...wrong)).toThrow(RangeError);
    refused(short, labels, coefficients, targets, targets, null, 1, out);
    refused(alpha, labels, coefficients, targets, targets, null, 1, short);
    refused(alpha, labels, coefficients, targets, Int32Array.of(1), null, 1, out);
    refused(alpha, labels, coefficients, Int32Array.of(1), targets, null, 1, out);
    refused(alpha, labels, coefficients, targets, targets, new Uint8Array(2), 1, out);
    for (let bad = 0; bad < 3; bad++) {
      alpha.fill(1);
      alpha[bad] = Number.NaN;
      expect(call(alpha, labels, coefficients, targets, targets, null, 1, out)).toBeNaN();
      expect(out[bad]).toBe(0);
    }
  });
});

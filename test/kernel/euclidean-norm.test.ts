import { describe, expect, it } from 'vitest';
import { euclideanNorm } from '../../src/kernel/euclidean-norm.ts';

describe('euclideanNorm', () => {
  it.each([
    { values: [3, -4], norm: 5 },
    { values: [], norm: 0 },
    { values: [0, -0], norm: 0 },
    { values: [3e200, 4e200], norm: 5e200 }, // squares overflow
    { values: [3e-200, 4e-200], norm: 5e-200 }, // squares vanish
    { values: [Number.POSITIVE_INFINITY, 1], norm: Number.POSITIVE_INFINITY },
    { values: [Number.NaN, 1], norm: Number.NaN },
  ])('of $values is $norm', ({ values, norm }) => {
    const computed = euclideanNorm(Float64Array.from(values));
    if (Number.isFinite(norm)) expect(Math.abs(computed - norm)).toBeLessThanOrEqual(1e-15 * norm);
    else expect(computed).toBe(norm);
  });
});

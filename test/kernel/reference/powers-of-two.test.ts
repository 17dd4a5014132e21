import { expect, it } from 'vitest';
import { exponentOf, powerOfTwo } from '../../../src/kernel/reference/powers-of-two.ts';

/*
 *      x       as 2^k times a number from 1 to 2    k
 *      5       4   x 1.25                           2
 *      4       4   x 1                              2
 *      3.75    2   x 1.875                          1
 *      0.75    1/2 x 1.5                           -1
 */
it('the exponent of x is the k with 2^k <= x < 2^(k+1)', () => {
  expect([5, 4, 3.75, 1, 0.75].map(exponentOf)).toEqual([2, 2, 1, 0, -1]);
});

it('the doubles on either side of a power of two have different exponents', () => {
  expect([8, 8 - 2 ** -50].map(exponentOf)).toEqual([3, 2]);
});

it('the least and the largest normal double have exponents', () => {
  expect([2 ** -1022, Number.MAX_VALUE].map(exponentOf)).toEqual([-1022, 1023]);
});

it('powers are exact, from 2^-1023, which is subnormal, to 2^1023', () => {
  expect([-2, -1, 0, 1, 10].map(powerOfTwo)).toEqual([0.25, 0.5, 1, 2, 1024]);
  expect(powerOfTwo(-1023)).toBe(Number.MIN_VALUE * 2 ** 51); // 2^-1074 x 2^51
  expect(powerOfTwo(1023) * (2 - 2 ** -52)).toBe(Number.MAX_VALUE);
  for (let k = -1023; k < 1023; k++) expect(powerOfTwo(k + 1)).toBe(2 * powerOfTwo(k));
});

it('the power of NaN is NaN', () => {
  expect(powerOfTwo(Number.NaN)).toBeNaN();
});

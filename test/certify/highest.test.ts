import { expect, it } from 'vitest';
import { highest } from '../../src/certify/highest.ts';

/** What is found, and the octaves that were tried. */
function searched(of: (octave: number) => number) {
  const tried: number[] = [];
  const found = highest((octave) => {
    tried.push(octave);
    return of(octave);
  });
  return { ...found, tried };
}

/*
 * The function -(x - 2.25)^2, whose highest value is 0 at 2.25. With g = 0.618:
 *
 *   grid        x       0        1        2        3        4        5
 *               value  -5.0625  -1.5625  -0.0625  -0.5625  -3.0625  -7.5625    best at 2: search 1 to 3
 *   sections    1 + 2 (1 - g) = 1.764 and 1 + 2 g = 2.236: the right one is higher, so 1.764 to 3 is left
 *               1.764 + 1.236 g = 2.528 is lower than 2.236: 1.764 to 2.528
 *               2.528 - 0.764 g = 2.056 is lower: 2.056 to 2.528
 *               three more; 2.236 stays the best until one of them is closer to 2.25
 */
it('tries a grid of octaves, then golden sections around its best', () => {
  const { octave, most, tried } = searched((x) => -((x - 2.25) ** 2));
  expect(tried.slice(0, 6)).toEqual([0, 1, 2, 3, 4, 5]);
  const [left, right, third, fourth, ...others] = tried.slice(6);
  expect(left).toBeCloseTo(1.764, 3);
  expect(right).toBeCloseTo(2.236, 3);
  expect(third).toBeCloseTo(2.528, 3);
  expect(fourth).toBeCloseTo(2.056, 3);
  expect(others).toHaveLength(3);
  expect(Math.abs(octave - 2.25)).toBeLessThanOrEqual(2.25 - 2.236);
  expect(most).toBe(-((octave - 2.25) ** 2));
});

it('stays within the octaves where the function is highest at an end of them', () => {
  for (const [sign, end] of [
    [-1, 0],
    [1, 5],
  ] as const) {
    const { octave, most, tried } = searched((x) => sign * x);
    expect([octave, most]).toEqual([end, sign * end]);
    expect(tried.filter((x) => x < 0 || x > 5)).toEqual([]);
  }
});

it('keeps the first of equal values, and none that is NaN', () => {
  expect(highest(() => 7)).toEqual({ octave: 0, most: 7 });
  expect(highest((x) => (x > 0 ? Number.NaN : 1))).toEqual({ octave: 0, most: 1 });
});

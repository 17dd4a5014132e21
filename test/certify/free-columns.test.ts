import { describe, expect, it } from 'vitest';
import { type AffineScores, affineLead, leadAt } from '../../src/certify/affine.ts';
import { contest } from '../../src/certify/contest.ts';
import { type FreeColumn, openLead, type SparseValues } from '../../src/certify/free-columns.ts';
import { exactAffineLead } from '../support/brute-force/affine.ts';
import { randomFrom, units } from '../support/brute-force/label-changes.ts';

/** Scales that a lead mixes, so that small terms vanish beside large ones. */
const SCALES = [[1], [1e9, 1, 1e-9], [2 ** -520, 2 ** -540]];

function randomCase(seed: number) {
  const random = randomFrom(seed);
  const scales = SCALES[seed % SCALES.length]!;
  const sized = () => (2 * random() - 1) * scales[Math.floor(random() * scales.length)]!;
  const many = (length: number) => Array.from({ length }, sized);
  const columns = 8;
  const scores: AffineScores = {
    theta: Float64Array.from(many(2 * columns)),
    intercepts: Float64Array.from(many(2)),
    means: Float64Array.from(many(columns)),
    served: null,
  };
  const h = Float32Array.from(many(columns));
  const single = () => Math.fround(sized());
  const oneHot = (at: number): SparseValues[] => [0, 1, 2].map((level) => [{ place: at + level, value: 1 }]);
  const own = Math.floor(random() * 3);
  for (let level = 0; level < 3; level++) h[1 + level] = Number(level === own);
  h[5] = Number(random() < 0.5 ? 0 : 1); // the number's missing indicator
  const [least, most] = [single(), single()].sort((a, b) => a - b) as [number, number];
  const ownNumber: SparseValues = [
    { place: 4, value: h[4]! },
    { place: 5, value: h[5]! },
  ];
  const free: FreeColumn[] = [
    { at: 1, width: 3, own: [{ place: 1 + own, value: 1 }], choices: oneHot(1), interval: null },
    {
      at: 4,
      width: 2,
      own: ownNumber,
      choices: [[{ place: 5, value: 1 }]],
      interval: h[5] === 1 ? null : { place: 4, own: h[4]!, least, most },
    },
  ];
  return { scores, h, free, random, rule: { kind: 'argmax' } as const };
}

/** Every combination of the free columns' values, the interval by its ends and points in between. */
function* combinations(h: Float32Array, free: readonly FreeColumn[], random: () => number) {
  const values = free.map(({ own, choices, interval }) => {
    const between = interval
      ? [0, 1, random(), random()].map((t) => interval.least + t * (interval.most - interval.least))
      : [];
    return [
      own,
      ...choices,
      ...between.map((value) => [{ place: interval!.place, value: Math.fround(value) }]),
    ];
  });
  for (const one of values[0]!) {
    for (const other of values[1]!) {
      const changed = h.slice();
      for (const { at, width } of free) changed.fill(0, at, at + width);
      for (const { place, value } of [...one, ...other]) changed[place] = value;
      yield changed;
    }
  }
}

const within = (value: number, error: number, exact: bigint) => {
  const difference = (units(value) << 1074n) - exact;
  return (difference < 0n ? -difference : difference) <= units(error) << 1074n;
};

describe('a lead over free columns', () => {
  it('is within its error bound of the least exact lead over all combinations of values', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const { scores, h, free, random, rule } = randomCase(seed);
      const lead = affineLead(scores, contest(0, 1, 2, rule));
      const { own, least, error, drops } = openLead(lead, h, free);
      const exactly = (at: Float32Array) => exactAffineLead(scores, at, 0, 1, rule);
      const at = leadAt(lead, h);
      expect(within(at.value, at.error, exactly(h)), `seed ${seed}`).toBe(true);
      expect(within(own, error, exactly(h)), `seed ${seed}`).toBe(true);
      const all = [...combinations(h, free, random)].map(exactly);
      const smallest = all.reduce((a, b) => (b < a ? b : a));
      expect(within(least, error, smallest), `seed ${seed}`).toBe(true);
      const spent = drops.reduce(
        (sum, { choice, slide }) => sum + Math.max(0, choice?.drop ?? 0, slide?.drop ?? 0),
        0,
      );
      expect(Math.abs(own - spent - least)).toBeLessThanOrEqual(4 * error);
    }
  });

  it('is not proven when anything is not a number', () => {
    const { scores, h, free, rule } = randomCase(3);
    scores.theta[2] = Number.NaN;
    const { least, error } = openLead(affineLead(scores, contest(0, 1, 2, rule)), h, free);
    expect(least > error).toBe(false);
  });
});

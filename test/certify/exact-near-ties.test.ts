import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DecisionRule } from '../../src/certify/contest.ts';
import { ANY_LABEL } from '../../src/certify/threat.ts';
import { queryFor } from '../support/brute-force/instances.ts';
import {
  byFallingGain,
  doublesOf,
  greedyFlips,
  type Instance,
  leadAndGains,
  predictExactly,
  randomFrom,
  shuffled,
  units,
} from '../support/brute-force/label-changes.ts';
import { certifyExactly } from '../support/brute-force/reference.ts';

/** Sizes that a sum of contributions mixes: in double precision the small ones vanish beside the large ones. */
const SCALES: Record<string, readonly number[]> = {
  alike: [1],
  mixed: [1e16, 1, 1e-16],
  subnormal: [2 ** -1074, 2 ** -1060, 2 ** -1022],
  'huge and tiny': [2 ** 990, 1, 2 ** -1030],
  'few distinct values': [0.1, 0.2, 0.3],
};

function randomContribution(scale: string, random: () => number): number {
  const sizes = SCALES[scale]!;
  const size = sizes[Math.floor(random() * sizes.length)]!;
  const side = random() < 0.5 ? -1 : 1;
  if (scale === 'few distinct values') return side * size;
  return side * (scale === 'subnormal' ? size * Math.floor(random() * 16) : size * random());
}

function randomRule(classes: number, random: () => number): DecisionRule {
  if (classes > 2 || random() < 0.5) return { kind: 'argmax' };
  return { kind: 'threshold', value: random() - 0.5, positive: Number(random() < 0.5) };
}

/** How far the lead ends from zero once the r largest gains are gone, in units of 2^-1074; `lead` sets the scale. */
const OFFSETS: Record<string, (lead: bigint) => bigint> = {
  'exactly zero': () => 0n,
  'one subnormal above': () => 1n,
  'one subnormal below': () => -1n,
  'one part in 2^60 above': (lead) => (lead >> 60n) + 1n,
  'one part in 2^60 below': (lead) => -(lead >> 60n) - 1n,
  'one part in 2^50 above': (lead) => (lead >> 50n) + 1n,
  'one part in 2^50 below': (lead) => -(lead >> 50n) - 1n,
};

/**
 * Random rows, and then rows that lower the lead over one rival without offering a gain, until the lead minus the r
 * largest gains is exactly the offset: the winner's own rows with negative contributions, or the rival's with positive.
 */
function nearTie(seed: number, classes: number, scale: string, offset: (lead: bigint) => bigint) {
  const random = randomFrom(seed);
  const rows = 1 + Math.floor(random() * 250);
  const alpha = Array.from({ length: rows }, () => randomContribution(scale, random));
  const labels = alpha.map(() => Math.floor(random() * classes));
  const rule = randomRule(classes, random);
  const start: Instance = { classes, alpha, labels, rule, threat: ANY_LABEL };
  const winner = predictExactly(alpha.map(units), labels, start);
  const rival = (winner + 1 + Math.floor(random() * (classes - 1))) % classes;
  const { lead, gains } = leadAndGains(start, winner, rival);
  const rests: bigint[] = [];
  let rest = lead;
  for (const row of byFallingGain(gains)) {
    if (rest > 0n) rests.push(rest);
    rest -= gains[row]!;
  }
  if (rests.length === 0) return start;
  const chosen = rests[Math.floor(random() * rests.length)]!;
  const ownRows = rule.kind === 'argmax' ? random() < 0.5 : winner === rule.positive;
  const added = doublesOf(chosen - offset(lead)).map((part) => ({
    value: ownRows ? -part : part,
    label: ownRows ? winner : rival,
  }));
  const all = shuffled([...alpha.map((value, row) => ({ value, label: labels[row]! })), ...added], random);
  return { ...start, alpha: all.map(({ value }) => value), labels: all.map(({ label }) => label) };
}

describe.each(Object.keys(SCALES))('exact certificate at near-ties, contributions: %s', (scale) => {
  it.each(Object.keys(OFFSETS))('equals exact arithmetic when a flip leaves the lead %s', (offset) => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(2, 2, 3), (seed, classes) => {
        const of = nearTie(seed, classes, scale, OFFSETS[offset]!);
        const { prediction, flips, unbreakable } = certifyExactly(queryFor(of), of.rule);
        const exact = greedyFlips(of);
        expect({ prediction, flips: unbreakable ? null : flips }).toEqual(exact);
      }),
      { seed: 1997, numRuns: 120 },
    );
  });
});

describe('exact certificate, rounding', () => {
  it('sees a contribution that a floating-point sum loses altogether', () => {
    const alpha = [1e16, 1, -1e16, 2 ** -1074];
    const rule: DecisionRule = { kind: 'threshold', value: 1, positive: 1 };
    const of: Instance = { classes: 2, alpha, labels: [1, 1, 1, 0], rule, threat: ANY_LABEL };
    expect(certifyExactly(queryFor(of), rule)).toMatchObject({ prediction: 1, flips: 0 });
    const above: Instance = { ...of, rule: { ...rule, value: 1 + 2 ** -52 } };
    expect(certifyExactly(queryFor(above), above.rule)).toMatchObject({ prediction: 0 });
  });
});

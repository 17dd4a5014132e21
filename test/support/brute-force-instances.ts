import fc from 'fast-check';
import type { DecisionRule } from '../../src/certify/contest.ts';
import { ANY_LABEL, type ThreatModel } from '../../src/certify/threat.ts';
import type { Instance } from './brute-force.ts';
import { queryOf } from './reference.ts';

const generic = fc.double({ min: -1, max: 1, noNaN: true });
const mixed = fc.constantFrom(
  1e16,
  -1e16,
  1,
  -1,
  2,
  1e-16,
  -1e-16,
  5e-324,
  -5e-324,
  2 ** -1022,
  -0,
  2 ** 53,
  1 / 3,
);

/** Contributions of one instance come from one source, so that exact ties are as frequent as generic values. */
export function contributionsArbitrary(rows: number): fc.Arbitrary<number[]> {
  const sources = [
    fc.integer({ min: -3, max: 3 }),
    fc.integer({ min: -9, max: 9 }).map((k) => k / 8),
    generic,
    mixed,
  ];
  const size = { minLength: rows, maxLength: rows };
  return fc.oneof(...sources.map((source) => fc.array(source, size)));
}

export function rulesArbitrary(classes: number): fc.Arbitrary<DecisionRule> {
  const argmax: fc.Arbitrary<DecisionRule> = fc.constant({ kind: 'argmax' });
  if (classes !== 2) return argmax;
  const threshold: fc.Arbitrary<DecisionRule> = fc.record({
    kind: fc.constant('threshold' as const),
    value: fc.oneof(fc.constantFrom(0, 0.5, 1, -1, 2, -3), generic),
    positive: fc.constantFrom(0, 1),
  });
  return fc.oneof(argmax, threshold);
}

/** No restriction half of the time; the diagonal of the transitions is random too: keeping a label is no change. */
export function threatsArbitrary(rows: number, classes: number): fc.Arbitrary<ThreatModel> {
  const bytes = (length: number) =>
    fc
      .array(fc.constantFrom(0, 1), { minLength: length, maxLength: length })
      .map((bits) => Uint8Array.from(bits));
  return fc.record({
    attackable: fc.option(bytes(rows), { nil: null }),
    transitions: fc.option(bytes(classes * classes), { nil: null }),
  });
}

export function instancesArbitrary(
  classes: number,
  mostRows: number,
  threat: 'any label' | 'restricted',
): fc.Arbitrary<Instance> {
  return fc.integer({ min: 1, max: mostRows }).chain((rows) =>
    fc.record({
      classes: fc.constant(classes),
      alpha: contributionsArbitrary(rows),
      labels: fc.array(fc.integer({ min: 0, max: classes - 1 }), { minLength: rows, maxLength: rows }),
      rule: rulesArbitrary(classes),
      threat: threat === 'any label' ? fc.constant(ANY_LABEL) : threatsArbitrary(rows, classes),
    }),
  );
}

export const queryFor = (of: Instance) => queryOf(of.alpha, of.labels, of.classes);

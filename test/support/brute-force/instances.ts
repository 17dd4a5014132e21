import fc from 'fast-check';
import type { Contest, DecisionRule } from '../../../src/certify/contest.ts';
import { ANY_LABEL, type ThreatModel } from '../../../src/certify/threat.ts';
import type { Instance } from './label-changes.ts';
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

export interface NoisyInstance extends Instance {
  readonly q: number;
}

/** Rows that mostly agree with class 0 or the last one, so that certificates are not all zero or refused. */
export function noisyInstances(classes: number, mostRows: number): fc.Arbitrary<NoisyInstance> {
  const limit = (classes - 1) / classes;
  const generic = fc.integer({ min: 1, max: mostRows }).chain((rows) => {
    const size = { minLength: rows, maxLength: rows };
    const label = fc.integer({ min: 0, max: classes - 1 });
    const oneSided = fc
      .constantFrom(0, classes - 1)
      .chain((most) =>
        fc.array(
          fc.oneof({ arbitrary: fc.constant(most), weight: 8 }, { arbitrary: label, weight: 1 }),
          size,
        ),
      );
    const positive = fc.array(fc.oneof(fc.constant(1), fc.double({ min: 0.5, max: 2, noNaN: true })), size);
    return fc.record({
      classes: fc.constant(classes),
      alpha: fc.oneof(contributionsArbitrary(rows), positive, positive),
      labels: fc.oneof(fc.array(label, size), oneSided, oneSided),
      rule: rulesArbitrary(classes),
      threat: fc.oneof(fc.constant(ANY_LABEL), threatsArbitrary(rows, classes)),
    });
  });
  const noise = fc.oneof(
    fc.constantFrom(1e-9, 1e-4, 0.001, 0.01, 0.05, 0.2, 0.4, limit * (1 - 2 ** -50), limit * (1 - 1e-6)),
    fc.double({ min: 1e-6, max: limit * 0.999, noNaN: true }),
  );
  return fc.tuple(generic, noise).map(([of, q]) => ({ ...of, q }));
}

/** Most rows there are, nearly all with one label and alike, and little noise: what small certificates need. */
export function confidentInstances(classes: number, mostRows: number): fc.Arbitrary<NoisyInstance> {
  const row = fc.tuple(
    fc.oneof(fc.constant(1), fc.double({ min: 0.9, max: 1.1, noNaN: true })),
    fc.oneof({ arbitrary: fc.constant(true), weight: 15 }, fc.constant(false)),
  );
  const rows = fc.array(row, { minLength: mostRows - 1, maxLength: mostRows });
  const label = fc.integer({ min: 0, max: classes - 1 });
  const q = fc.constantFrom(1e-12, 1e-9, 1e-6, 1e-4, 0.001, 0.01);
  return fc.tuple(rows, label, label, rulesArbitrary(classes), q).chain(([drawn, most, rare, rule, noise]) =>
    fc.record({
      classes: fc.constant(classes),
      alpha: fc.constant(drawn.map(([value]) => value)),
      labels: fc.constant(drawn.map(([, common]) => (common ? most : rare))),
      rule: fc.constant(rule),
      threat: fc.oneof(fc.constant(ANY_LABEL), threatsArbitrary(drawn.length, classes)),
      q: fc.constant(noise),
    }),
  );
}

/** The double below (K-1)/K; for K = 2 that is 1/2 - 2^-54. */
export const nearLimit = (classes: number) => ((classes - 1) / classes) * (1 - 2 ** -53);

/** The contests of certificates.md section 3.1 by their class weights: argmax, and both sides of a threshold. */
export const contestWeights = fc.constantFrom(
  ...[
    [1, -1],
    [-1, 1],
    [0, 1],
    [-1, 0],
    [1, 0],
    [0, -1],
  ],
  ...[
    [1, -1, 0],
    [0, -1, 1],
  ],
  ...[
    [0, 1, -1, 0],
    [-1, 0, 0, 0, 1],
  ],
);

/** A contest of which only the class weights matter. */
export const matchOf = (weights: readonly number[]): Contest => ({
  rival: 0,
  weights: Float64Array.from(weights),
  constant: 0,
  strict: true,
});

export const queryFor = (of: Instance) => queryOf(of.alpha, of.labels, of.classes);

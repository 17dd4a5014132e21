import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contestsFor } from '../../src/certify/contest.ts';
import { exactCertificate } from '../../src/certify/exact.ts';
import { failureBound } from '../../src/certify/smoothed.ts';
import { ANY_LABEL, allows, flippableRows, type ThreatModel } from '../../src/certify/threat.ts';
import { worstLabels } from '../../src/certify/worst-labels.ts';
import { GainBuckets } from '../../src/kernel/gain-buckets.ts';
import { classSums } from '../../src/kernel/reference/class-sums.ts';

/** By the definition: every allowed change is tried. */
function worstOf(weights: Float64Array, threat: ThreatModel, from: number, positive: boolean): number {
  const sign = positive ? 1 : -1;
  let worst = from;
  for (let to = 0; to < weights.length; to++) {
    if (allows(threat, from, to, weights.length) && sign * weights[to]! < sign * weights[worst]!) worst = to;
  }
  return worst;
}

describe('worstLabels', () => {
  it('are those of the definition, for any weights and transitions', () => {
    const cases = fc.integer({ min: 2, max: 6 }).chain((classes) =>
      fc.record({
        weights: fc.array(fc.constantFrom(-1, 0, 1), { minLength: classes, maxLength: classes }),
        transitions: fc.option(fc.uint8Array({ minLength: classes ** 2, maxLength: classes ** 2, max: 1 })),
        positive: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(cases, ({ weights, transitions, positive }) => {
        const match = { rival: 0, weights: Float64Array.from(weights), constant: 0, strict: true };
        const threat = { attackable: null, transitions };
        const expected = weights.map((_, from) => worstOf(match.weights, threat, from, positive));
        expect([...worstLabels(match, threat, positive)]).toEqual(expected);
      }),
      { seed: 61, numRuns: 2000 },
    );
  });
});

describe('a thousand classes', () => {
  const classes = 1000;
  const labels = Int32Array.from({ length: 2000 }, (_, row) => row % classes);
  const alpha = Float64Array.from(labels, (label, row) => Math.sin(row) + (label === 3 ? 5 : 0));
  const scores = { sums: new Float64Array(classes), magnitudes: new Float64Array(classes) };
  classSums(alpha, labels, scores.sums, scores.magnitudes);
  const query = { alpha, labels, scores };
  const transitions = new Uint8Array(classes ** 2).fill(1);

  it.each([ANY_LABEL, { attackable: null, transitions }])(
    'cost a pass over them for each rival',
    (threat) => {
      const began = performance.now();
      exactCertificate(query, 3, { kind: 'argmax' }, threat, new GainBuckets(labels.length));
      for (let time = 0; time < 50; time++)
        expect(flippableRows(threat, labels, classes)).toBe(labels.length);
      expect(performance.now() - began).toBeLessThan(2000);
    },
  );

  it('cost a pass over them for the label noise of a contest', () => {
    const noise = { q: 0.2, classes };
    const began = performance.now();
    for (const match of contestsFor(3, classes, { kind: 'argmax' }).slice(0, 100)) {
      expect(failureBound(query, match, noise)).not.toBeNull();
    }
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

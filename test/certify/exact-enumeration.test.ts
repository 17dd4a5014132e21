import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breakingSet } from '../../src/certify/exact.ts';
import { GainBuckets } from '../../src/kernel/gain-buckets.ts';
import { instancesArbitrary, queryFor } from '../support/brute-force/instances.ts';
import {
  byFallingGain,
  certifyByEnumeration,
  type Instance,
  leadAndGains,
  possibleLabels,
  predictExactly,
  units,
} from '../support/brute-force/label-changes.ts';
import { certifyExactly } from '../support/brute-force/reference.ts';

const MAX_ROWS = { 2: 9, 3: 7, 4: 6 };

function breakingSetOf(of: Instance) {
  const query = queryFor(of);
  const { prediction, ...certificate } = certifyExactly(query, of.rule, of.threat);
  const buckets = new GainBuckets(of.alpha.length);
  const flips = breakingSet(query, certificate, of.threat, buckets);
  return { prediction, certificate, flips };
}

describe.each([2, 3, 4] as const)('exact certificate against every label vector, %i classes', (classes) => {
  describe.each(['any label', 'restricted'] as const)('threat: %s', (threat) => {
    const instances = instancesArbitrary(classes, MAX_ROWS[classes], threat);

    it('survives `flips` changes of any kind and falls to one more, or is unbreakable', () => {
      fc.assert(
        fc.property(instances, (of) => {
          const { prediction, flips, unbreakable } = certifyExactly(queryFor(of), of.rule, of.threat);
          expect({ prediction, flips, unbreakable }).toEqual(certifyByEnumeration(of));
        }),
        { seed: 2002, numRuns: 1500 },
      );
    });

    it('names a breaking set of flips + 1 allowed changes that changes the prediction', () => {
      fc.assert(
        fc.property(instances, (of) => {
          const { prediction, certificate, flips } = breakingSetOf(of);
          expect(flips === null).toBe(certificate.unbreakable);
          if (flips === null) return;
          const labels = [...of.labels];
          for (const { row, from, to } of flips) {
            expect(from).toBe(of.labels[row]);
            expect(to).not.toBe(from);
            expect(possibleLabels(of, row)).toContain(to);
            labels[row] = to;
          }
          expect(flips).toHaveLength(certificate.flips + 1);
          expect(predictExactly(of.alpha.map(units), labels, of)).not.toBe(prediction);
        }),
        { seed: 3018, numRuns: 1500 },
      );
    });

    it('breaks with the largest gains against the weakest rival, equal gains by row number', () => {
      fc.assert(
        fc.property(instances, (of) => {
          const { prediction, certificate, flips } = breakingSetOf(of);
          if (flips === null) return;
          const { gains } = leadAndGains(of, prediction, certificate.weakest!.rival);
          const largest = byFallingGain(gains).slice(0, certificate.flips + 1);
          expect(flips.map(({ row }) => row)).toEqual(largest.sort((a, b) => a - b));
        }),
        { seed: 6768, numRuns: 1500 },
      );
    });
  });
});

describe('exact certificate, ties', () => {
  it('keeps the smaller class at a tie and counts the tie as a loss for the larger', () => {
    const flipsFor = (labels: number[]) => {
      const of = { alpha: [1, 1, 1], labels, classes: 2, rule: { kind: 'argmax' as const } };
      return certifyExactly(queryFor({ ...of, threat: { attackable: null, transitions: null } }), of.rule);
    };
    expect(flipsFor([0, 0, 1])).toMatchObject({ prediction: 0, flips: 0 });
    expect(flipsFor([0, 0, 0])).toMatchObject({ prediction: 0, flips: 1 });
    expect(flipsFor([1, 1, 1])).toMatchObject({ prediction: 1, flips: 1 });
  });

  it('holds at a score exactly on the threshold, and not one unit in the last place below it', () => {
    const at = (value: number) =>
      certifyExactly(
        queryFor({
          alpha: [1, 1],
          labels: [1, 1],
          classes: 2,
          rule: { kind: 'threshold', value, positive: 1 },
          threat: { attackable: null, transitions: null },
        }),
        { kind: 'threshold', value, positive: 1 },
      );
    expect(at(1)).toMatchObject({ prediction: 1, flips: 1 });
    expect(at(1 + 2 ** -52)).toMatchObject({ prediction: 1, flips: 0 });
    expect(at(2 + 2 ** -51)).toMatchObject({ prediction: 0 });
  });
});

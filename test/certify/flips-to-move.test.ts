import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flipsToMove } from '../../src/certify/flips-to-move.ts';
import { predict } from '../../src/certify/predict.ts';
import { ANY_LABEL } from '../../src/certify/threat.ts';
import { GainBuckets } from '../../src/kernel/gain-buckets.ts';
import { instancesArbitrary, queryFor } from '../support/brute-force/instances.ts';
import {
  type Instance,
  possibleLabels,
  predictExactly,
  units,
} from '../support/brute-force/label-changes.ts';

function moved(of: Instance): { vote: number; flips: number[] } {
  const query = queryFor(of);
  const vote = predict(query.alpha, query.labels, query.scores, of.rule);
  const buckets = new GainBuckets(of.alpha.length);
  return { vote, flips: Array.from(flipsToMove(query, vote, of.rule, of.threat, buckets)) };
}

/** The fewest flips to each class, by trying every label vector in exact arithmetic. */
function movedByEnumeration(of: Instance): number[] {
  const alpha = of.alpha.map(units);
  const fewest = new Array<number>(of.classes).fill(Number.POSITIVE_INFINITY);
  const visit = (labels: number[]): void => {
    if (labels.length === alpha.length) {
      const flips = labels.filter((label, row) => label !== of.labels[row]).length;
      const vote = predictExactly(alpha, labels, of);
      fewest[vote] = Math.min(fewest[vote]!, flips);
      return;
    }
    for (const label of possibleLabels(of, labels.length)) visit([...labels, label]);
  };
  visit([]);
  return fewest;
}

const leastBut = (vote: number, flips: number[]) => Math.min(...flips.filter((_, label) => label !== vote));

describe.each(['any label', 'restricted'] as const)('flips that move a vote, threat: %s', (threat) => {
  it('are exact for two classes', () => {
    fc.assert(
      fc.property(instancesArbitrary(2, 8, threat), (of) => {
        expect(moved(of).flips).toEqual(movedByEnumeration(of));
      }),
      { seed: 5201, numRuns: 800 },
    );
  });

  it.each([3, 4])('are never too many for %i classes, and exact for the vote to leave', (classes) => {
    let exact = 0;
    let compared = 0;
    fc.assert(
      fc.property(instancesArbitrary(classes, 6, threat), (of) => {
        const { vote, flips } = moved(of);
        const actual = movedByEnumeration(of);
        for (const [label, fewest] of actual.entries()) {
          expect(flips[label]).toBeLessThanOrEqual(fewest);
          compared++;
          if (flips[label] === fewest) exact++;
        }
        expect(leastBut(vote, flips)).toBe(leastBut(vote, actual));
      }),
      { seed: 5202, numRuns: 400 },
    );
    expect(exact / compared).toBeGreaterThan(0.8);
  });
});

describe('flips that move a vote to one of three classes', () => {
  it('may be fewer than it really takes: the class must overtake all others, not only the vote', () => {
    const of: Instance = {
      alpha: [5, 1, 2.75, 2.75],
      labels: [0, 0, 1, 1],
      classes: 3,
      rule: { kind: 'argmax' },
      threat: ANY_LABEL,
    };
    // Scores 6, 5.5, 0. Moving the 5 to class 2 overtakes class 0, and leaves 1, 5.5, 5: class 1 is elected.
    expect(moved(of)).toEqual({ vote: 0, flips: [0, 1, 1] });
    expect(movedByEnumeration(of)).toEqual([0, 1, 2]);
  });
});

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countVotes,
  flipsSurvivedByVotes,
  type PartitionVote,
  plurality,
  votesSurvived,
} from '../../src/certify/partition.ts';

interface GoldenCase {
  classes: number;
  partitions: { vote: number; flipsTo: number[] }[];
  votes: number[];
  prediction: number;
  blackBox: number;
  whiteBox: number;
}

// Provenance: test/golden/README.md (an independent program; white-box values by full enumeration).
const cases: GoldenCase[] = JSON.parse(
  readFileSync(new URL('../golden/partitions.json', import.meta.url), 'utf8'),
);

function certify(partitions: readonly PartitionVote[], classes: number) {
  const counts = countVotes(
    partitions.map(({ vote }) => vote),
    classes,
  );
  const prediction = plurality(counts);
  return {
    votes: Array.from(counts),
    prediction,
    blackBox: votesSurvived(counts, prediction),
    whiteBox: flipsSurvivedByVotes(partitions, counts, prediction),
  };
}

describe('golden ensembles', () => {
  it.each(cases.map((golden, index) => ({ index, ...golden })))('$index: votes $votes', (golden) => {
    const { votes, prediction, blackBox, whiteBox } = golden;
    expect(certify(golden.partitions, golden.classes)).toEqual({ votes, prediction, blackBox, whiteBox });
  });
});

const ensembles = (mostFlips: number, mostPartitions: number): fc.Arbitrary<[PartitionVote[], number]> =>
  fc.integer({ min: 2, max: 4 }).chain((classes) => {
    const flips = fc.oneof(
      { arbitrary: fc.integer({ min: 1, max: mostFlips }), weight: 6 },
      fc.constant(Number.POSITIVE_INFINITY),
    );
    const partition = fc
      .record({
        vote: fc.integer({ min: 0, max: classes - 1 }),
        flipsTo: fc.array(flips, { minLength: classes, maxLength: classes }),
      })
      .map(({ vote, flipsTo }) => ({ vote, flipsTo: flipsTo.with(vote, 0) }));
    return fc.tuple(fc.array(partition, { minLength: 1, maxLength: mostPartitions }), fc.constant(classes));
  });

/** Every way for the votes to fall out, with what each costs in flips and in partitions that change their vote. */
function* outcomes(partitions: readonly PartitionVote[], classes: number, from = 0): Generator<Outcome> {
  const partition = partitions[from];
  if (partition === undefined) {
    yield { votes: [], flips: 0, changed: 0 };
    return;
  }
  for (const rest of outcomes(partitions, classes, from + 1)) {
    for (let label = 0; label < classes; label++) {
      yield {
        votes: [label, ...rest.votes],
        flips: rest.flips + partition.flipsTo[label]!,
        changed: rest.changed + Number(label !== partition.vote),
      };
    }
  }
}

interface Outcome {
  votes: number[];
  flips: number;
  changed: number;
}

/** The class named most often, the smaller of equals: counted anew. */
function elected(votes: readonly number[], classes: number): number {
  const count = (label: number) => votes.filter((vote) => vote === label).length;
  const labels = Array.from({ length: classes }, (_, label) => label);
  return labels.reduce((best, label) => (count(label) > count(best) ? label : best));
}

describe('ensembles, against every outcome of the vote', () => {
  it('survive as many flips, and as many votes, as the least that elects another class, less one', () => {
    fc.assert(
      fc.property(ensembles(5, 5), ([partitions, classes]) => {
        const { prediction, blackBox, whiteBox } = certify(partitions, classes);
        expect(prediction).toBe(
          elected(
            partitions.map(({ vote }) => vote),
            classes,
          ),
        );
        let flips = Number.POSITIVE_INFINITY;
        let changed = Number.POSITIVE_INFINITY;
        for (const outcome of outcomes(partitions, classes)) {
          if (elected(outcome.votes, classes) === prediction) continue;
          flips = Math.min(flips, outcome.flips);
          changed = Math.min(changed, outcome.changed);
        }
        expect({ whiteBox, blackBox }).toEqual({ whiteBox: flips - 1, blackBox: changed - 1 });
        expect(whiteBox).toBeGreaterThanOrEqual(blackBox);
      }),
      { seed: 5001, numRuns: 600 },
    );
  });

  it('survive no more flips when a partition is easier to move', () => {
    fc.assert(
      fc.property(ensembles(9, 12), fc.nat(), fc.nat(), ([partitions, classes], which, where) => {
        const at = which % partitions.length;
        const label = where % classes;
        const { vote, flipsTo } = partitions[at]!;
        if (label === vote) return;
        const easier = { vote, flipsTo: Array.from(flipsTo).with(label, 1) };
        expect(certify(partitions.with(at, easier), classes).whiteBox).toBeLessThanOrEqual(
          certify(partitions, classes).whiteBox,
        );
      }),
      { seed: 5002, numRuns: 300 },
    );
  });

  it('give a tie to the smaller class', () => {
    const votes = (...of: number[]) => of.map((vote) => ({ vote, flipsTo: [1, 1, 1].with(vote, 0) }));
    expect(certify(votes(1, 0), 2)).toMatchObject({ prediction: 0, blackBox: 0, whiteBox: 0 });
    expect(certify(votes(2, 1), 3)).toMatchObject({ prediction: 1, blackBox: 0 });
    expect(certify(votes(0, 0, 1), 2)).toMatchObject({ prediction: 0, blackBox: 0 });
    expect(certify(votes(0, 0), 2)).toMatchObject({ prediction: 0, blackBox: 1 });
    expect(certify(votes(1, 1), 2)).toMatchObject({ prediction: 1, blackBox: 0 });
  });
});

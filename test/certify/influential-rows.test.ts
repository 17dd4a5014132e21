import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contest } from '../../src/certify/contest.ts';
import { influentialRows } from '../../src/certify/influential-rows.ts';
import { GainBuckets } from '../../src/kernel/gain-buckets.ts';
import { queryOf } from '../support/brute-force/reference.ts';

describe('the most influential rows', () => {
  const rows = fc.array(
    fc.record({
      alpha: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -9, max: 9, noNaN: true })),
      label: fc.nat(2),
    }),
    { minLength: 1, maxLength: 60 },
  );

  it('are the first of all rows sorted by what they add to the lead, ties by row number', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 70 }), (all, count) => {
        const alpha = all.map((row) => row.alpha);
        const labels = all.map(({ label }) => label);
        const match = contest(1, 2, 3, { kind: 'argmax' });
        const found = influentialRows(queryOf(alpha, labels, 3), match, count, new GainBuckets(all.length));
        const sorted = all
          .map(({ alpha: value, label }, row) => ({ row, contribution: [0, value, -value][label]! }))
          .filter(({ contribution }) => contribution > 0)
          .sort((a, b) => b.contribution - a.contribution || a.row - b.row);
        expect(found).toEqual(sorted.slice(0, count));
      }),
      { seed: 621, numRuns: 400 },
    );
  });

  it('under a threshold are rows of the positive class alone, for it or against it', () => {
    const query = queryOf([3, -2, 5, -7], [1, 1, 0, 0], 2);
    const buckets = new GainBuckets(4);
    const rule = { kind: 'threshold', value: 0.5, positive: 1 } as const;
    expect(influentialRows(query, contest(1, 0, 2, rule), 9, buckets)).toEqual([{ row: 0, contribution: 3 }]);
    expect(influentialRows(query, contest(0, 1, 2, rule), 9, buckets)).toEqual([{ row: 1, contribution: 2 }]);
  });
});

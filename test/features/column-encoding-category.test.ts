import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodedWidth, fitColumn } from '../../src/features/column-encoding.ts';
import { encode, encodedRows } from '../support/models/columns.ts';
import { MARKER, NUMBER_MARKER, refusalOf } from '../support/models/refusal.ts';
import { categoryColumn } from '../support/models/tables.ts';

describe('a category column', () => {
  it('takes one place a level, in the order of the levels', () => {
    expect(encodedRows(categoryColumn('job', 'cook', 'actor', 'cook'))).toEqual([
      [0, 1],
      [1, 0],
      [0, 1],
    ]);
  });

  it('has a level of its own for missing values where training has some', () => {
    const column = categoryColumn('job', 'cook', null, 'actor');
    expect(encodedRows(column)).toEqual([
      [0, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
    ]);
    for (const missing of [null, '']) {
      expect(encode(column, missing)).toEqual({ values: [0, 0, 1], warning: null });
    }
  });

  it('leaves out a missing value that training never saw, with a warning', () => {
    expect(encode(categoryColumn('job', 'cook', 'actor'), null)).toEqual({
      values: [0, 0],
      warning: "column 'job' is missing, which training never saw; it is left out",
    });
  });

  it('leaves out a level that training never saw, with a warning that does not show it', () => {
    for (const cell of [MARKER, NUMBER_MARKER, true, 'Cook', 'cook ', '__proto__', 'constructor']) {
      expect(encode(categoryColumn('job', 'cook', 'actor'), cell)).toEqual({
        values: [0, 0],
        warning: "column 'job' has a level that training never saw; it is left out",
      });
    }
  });

  it('takes no place with one level and nothing missing; two with one level and missing values', () => {
    expect(encodedWidth(fitColumn(categoryColumn('job', 'cook', 'cook'), true))).toBe(0);
    expect(encodedWidth(fitColumn(categoryColumn('job', null, null), true))).toBe(0);
    expect(encodedRows(categoryColumn('job', 'cook', null))).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  it('finds every level again, whatever the texts', () => {
    const texts = fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1 }), {
      minLength: 2,
      maxLength: 40,
    });
    fc.assert(
      fc.property(texts, (levels) => {
        const column = categoryColumn('job', ...levels);
        for (const [place, level] of column.levels.entries()) {
          const { values, warning } = encode(column, level);
          expect([values.indexOf(1), values.lastIndexOf(1), warning]).toEqual([place, place, null]);
        }
      }),
      { seed: 102, numRuns: 40 },
    );
  });

  it.each([
    ['an array', [MARKER]],
    ['an object', { name: MARKER }],
    ['nothing', undefined],
  ])('refuses %s', async (got, cell) => {
    const error = await refusalOf(() => encode(categoryColumn('job', 'cook', 'actor'), cell));
    expect(error.code).toBe('wrong_type');
    expect(error.message).toBe(`column 'job': expected a string or null, got ${got}`);
  });
});

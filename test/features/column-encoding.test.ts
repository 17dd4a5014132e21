import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodedWidth, fitColumn } from '../../src/features/column-encoding.ts';
import { encode, encodedRows } from '../support/models/columns.ts';
import { MARKER, NUMBER_MARKER, refusalOf } from '../support/models/refusal.ts';
import { booleanColumn, numberColumn } from '../support/models/tables.ts';

describe('a number column', () => {
  const present = fc.double({ min: -1e9, max: 1e9, noNaN: true });

  it('has mean 0 and standard deviation 1 over the rows that have a value', () => {
    const cells = fc.array(fc.option(present, { nil: null }), { minLength: 2, maxLength: 40 });
    const spread = cells.filter((values) => {
      const known = values.filter((value) => value !== null);
      return known.length > 1 && Math.max(...known) - Math.min(...known) > 1e-3;
    });
    fc.assert(
      fc.property(spread, (values) => {
        const rows = encodedRows(numberColumn('age', ...values));
        const known = rows.filter((_, row) => values[row] !== null).map(([value]) => value!);
        const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
        const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
        expect(mean).toBeCloseTo(0, 5);
        expect(variance).toBeCloseTo(1, 5);
      }),
      { seed: 101, numRuns: 200 },
    );
  });

  it('stands at its mean where the value is missing, and says so in an indicator of its own', () => {
    expect(encodedRows(numberColumn('age', 10, null, 30))).toEqual([
      [-1, 0],
      [0, 1],
      [1, 0],
    ]);
    expect(encodedRows(numberColumn('age', 10, null, 30), false)).toEqual([
      [10, 0],
      [20, 1],
      [30, 0],
    ]);
  });

  it('has no indicator when training has no missing value, and warns when an instance lacks it', () => {
    const column = numberColumn('age', 10, 30);
    expect(encode(column, 30)).toEqual({ values: [1], warning: null });
    expect(encode(column, null)).toEqual({
      values: [0],
      warning: "column 'age' is missing, which training never saw; its mean is used",
    });
    expect(encode(column, null, false).values).toEqual([20]);
  });

  it('keeps the least and the most value that training had, if it had any', () => {
    for (const standardise of [true, false]) {
      expect(fitColumn(numberColumn('age', 30, null, 10, 17), standardise)).toMatchObject({
        least: 10,
        most: 30,
      });
      expect(fitColumn(numberColumn('age', 5, 5), standardise)).toMatchObject({ least: 5, most: 5 });
      expect(fitColumn(numberColumn('age', null, null), standardise)).not.toHaveProperty('least');
    }
  });

  it('is unchanged when it is not standardised', () => {
    expect(encodedRows(numberColumn('age', 3, -7.25), false)).toEqual([[3], [-7.25]]);
  });

  it.each([
    { kind: 'constant', column: numberColumn('age', 5, 5, 5), width: 0 },
    { kind: 'missing everywhere', column: numberColumn('age', null, null), width: 0 },
    { kind: 'constant where it is known', column: numberColumn('age', 5, null, 5), width: 1 },
  ])('takes $width places when it is $kind', ({ column, width }) => {
    for (const standardise of [true, false]) {
      const encoding = fitColumn(column, standardise);
      expect([encodedWidth(encoding), encoding.dropped]).toEqual([width, true]);
    }
    expect(encode(column, 99).values).toEqual(new Array(width).fill(0));
    expect(encode(column, null)).toEqual({ values: new Array(width).fill(1), warning: null });
  });

  it.each([
    { values: [1e308, -1e308, 1e308, -1e308], why: 'its spread overflows' },
    { values: [1e308, 1.5e308], why: 'its sum overflows' },
    { values: [1e-200, 2e-200], why: 'its spread underflows' },
  ])('is refused when $why', async ({ values }) => {
    const error = await refusalOf(() => fitColumn(numberColumn('age', ...values), true));
    expect(error.code).toBe('not_finite');
    expect(error.message).toContain("column 'age'");
  });

  it.each([
    ['a string', String(NUMBER_MARKER)],
    ['a boolean', true],
    ['an array', [NUMBER_MARKER]],
    ['an object', { [MARKER]: 1 }],
    ['nothing', undefined],
  ])('refuses %s, dropped or not', async (got, cell) => {
    for (const column of [numberColumn('age', 1, 2), numberColumn('age', 1, 1)]) {
      const error = await refusalOf(() => encode(column, cell));
      expect(error.code).toBe('wrong_type');
      expect(error.message).toBe(`column 'age': expected a number or null, got ${got}`);
    }
  });

  it.each([Number.NaN, Infinity, -Infinity])('refuses %d', async (cell) => {
    expect(await refusalOf(() => encode(numberColumn('age', 1, 2), cell))).toMatchObject({
      code: 'not_finite',
      message: "column 'age': expected a finite number",
    });
  });
});

describe('a boolean column', () => {
  it('is 0 or 1, never standardised; its mean and an indicator where it is missing', () => {
    expect(encodedRows(booleanColumn('owner', true, false, true, true, null))).toEqual([
      [1, 0],
      [0, 0],
      [1, 0],
      [1, 0],
      [0.75, 1],
    ]);
  });

  it.each([1, 'true', 0])('refuses %j: a boolean is true or false', async (cell) => {
    const error = await refusalOf(() => encode(booleanColumn('owner', true, false), cell));
    expect(error.code).toBe('wrong_type');
    expect(error.message).toBe(`column 'owner': expected a boolean or null, got a ${typeof cell}`);
  });
});

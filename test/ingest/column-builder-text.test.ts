import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnOf } from '../support/models/cells.ts';
import { MARKER, NUMBER_MARKER, refusalOf } from '../support/models/refusal.ts';

const text = (cells: string[], declared?: 'number' | 'category' | 'boolean') =>
  columnOf(cells, 'text', declared);

const decimals = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.tuple(fc.integer(), fc.nat(9999)).map(([whole, part]) => `${whole}.${part}0`),
  fc.constantFrom(
    '007',
    '1.0',
    '1.00',
    '+1',
    '\u00a01',
    '\ufeff1',
    '1\u3000',
    '-0',
    '0',
    ' 1',
    '1 ',
    '1e3',
    '1E3',
    '.5',
    '5.',
    '0.1e-2',
    '1',
  ),
);

describe('the type of a column of text', () => {
  it('is number when every cell that is not empty reads as a decimal number', () => {
    expect(text(['1', '2.5', '', '-3', '+4', '.5', '5.', '1e3', '1E-2', ' 7 ', '007'])).toEqual({
      type: 'number',
      cells: [1, 2.5, null, -3, 4, 0.5, 5, 1000, 0.01, 7, 7],
      warnings: [],
    });
  });

  it('is boolean when every cell that is not empty is true or false', () => {
    expect(text(['true', '', 'FALSE', 'True', 'false'])).toEqual({
      type: 'boolean',
      cells: [true, null, false, true, false],
      warnings: [],
    });
  });

  it('is category otherwise, with the levels in the order of UTF-16 code units', () => {
    expect(text(['b', 'a', '', 'B', '😀', '\uffff', 'é', 'b'])).toEqual({
      type: 'category',
      cells: ['b', 'a', null, 'B', '😀', '\uffff', 'é', 'b'],
      levels: ['B', 'a', 'b', 'é', '😀', '\uffff'],
      warnings: [],
    });
  });

  it('is number, all missing, when every cell is empty', () => {
    expect(text(['', ''])).toEqual({ type: 'number', cells: [null, null], warnings: [] });
  });

  it.each(['0x10', '1_000', '1,5', '12a', '--1', '1e', 'e5', '.', '-', '1 2', '٣', '1n', ' ', 'tru', 'yes'])(
    'is category for %j, which is no decimal number',
    (cell) => {
      expect(text([cell, cell]).type).toBe('category');
    },
  );

  it.each([
    ['true', '1'],
    ['0', 'false'],
    ['true', 'no'],
  ])('is category when %s and %s stand in it', (...cells) => {
    const column = text(cells);
    expect([column.type, column.cells]).toEqual(['category', cells]);
  });

  it('does not depend on the order of the rows', () => {
    const cell = fc.oneof(
      decimals,
      fc.constantFrom('', 'true', 'FALSE', 'nan', 'inf', '-Infinity', '1e999', 'abc', 'x'),
    );
    const outcome = (cells: string[]) => {
      try {
        const { type, cells: read, levels } = text(cells);
        return { type, levels, read: new Map(cells.map((one, row) => [one, read[row]])) };
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 8 }), fc.func(fc.double()), (cells, weigh) => {
        const order = cells
          .map((_, row) => [weigh(row), row] as const)
          .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        expect(outcome(order.map(([, row]) => cells[row]!))).toEqual(outcome(cells));
      }),
      { seed: 201, numRuns: 500 },
    );
  });
});

describe('numbers in a column that a later text makes a category', () => {
  it('keep the spelling that they came with', () => {
    expect(text(['1.0', '007', '1', '1e3', ' 2', '1e999', 'inf', '', 'none'])).toEqual({
      type: 'category',
      cells: ['1.0', '007', '1', '1e3', ' 2', '1e999', 'inf', null, 'none'],
      levels: [' 2', '007', '1', '1.0', '1e3', '1e999', 'inf', 'none'],
      warnings: ["column 'age' is read as a category: row 8 is the first that is not a number"],
    });
  });

  it('keep it whatever it is, in any number of rows', () => {
    fc.assert(
      fc.property(
        fc.array(decimals, { maxLength: 40 }),
        fc.array(decimals, { maxLength: 9 }),
        (before, after) => {
          const cells = [...before, 'x', ...after];
          expect(text(cells).cells).toEqual(cells);
        },
      ),
      { seed: 202, numRuns: 300 },
    );
    const many = Array.from({ length: 5000 }, (_, row) => (row % 3 === 0 ? `${row}.0` : String(row)));
    expect(text([...many, 'x']).cells).toEqual([...many, 'x']);
  });

  it('keep it when it is NaN, first or last', () => {
    for (const cells of [
      ['abc', 'NaN'],
      ['NaN', 'abc'],
      ['1', 'NaN', 'abc'],
      ['NaN', 'true'],
    ]) {
      expect(text(cells)).toMatchObject({ type: 'category', cells });
    }
  });

  it('come without a warning when the text came first', () => {
    expect(text(['none', '1', '2']).warnings).toEqual([]);
  });
});

describe('a number column of text', () => {
  it('reads every decimal as the nearest double', () => {
    fc.assert(
      fc.property(fc.array(decimals, { minLength: 1 }), (cells) => {
        expect(text(cells)).toEqual({
          type: 'number',
          cells: cells.map((cell) => Number(cell) + 0),
          warnings: [],
        });
      }),
      { seed: 203, numRuns: 300 },
    );
  });

  it.each(['NaN', 'nan', 'inf', '-Inf', '+infinity', 'Infinity', '1e999', '-1e400'])(
    'refuses %s, naming the first row that has it',
    async (cell) => {
      for (const declared of [undefined, 'number'] as const) {
        for (const cells of [
          [String(NUMBER_MARKER), cell, cell],
          ['', cell, '7'],
        ]) {
          expect(await refusalOf(() => text(cells, declared))).toMatchObject({
            code: 'not_finite',
            message: "row 1, column 'age': expected a finite number",
          });
        }
      }
    },
  );

  it('that is declared refuses other text, naming row and column', async () => {
    expect(await refusalOf(() => text(['1', '', MARKER], 'number'))).toMatchObject({
      code: 'wrong_type',
      message: "row 2, column 'age': expected a number, got other text",
    });
    expect((await refusalOf(() => text(['true'], 'number'))).code).toBe('wrong_type');
  });
});

describe('other declared columns of text', () => {
  it('keep numbers and booleans as levels when declared a category', () => {
    expect(text(['1.0', '1', 'true', '', 'NaN', '007'], 'category')).toEqual({
      type: 'category',
      cells: ['1.0', '1', 'true', null, 'NaN', '007'],
      levels: ['007', '1', '1.0', 'NaN', 'true'],
      warnings: [],
    });
    expect(text(['true', 'false'], 'category').type).toBe('category');
    expect(text(['', ''], 'category')).toMatchObject({ type: 'category', levels: [], cells: [null, null] });
  });

  it('refuse what is not true or false when declared boolean', async () => {
    expect(text(['TRUE', '', 'false'], 'boolean').cells).toEqual([true, null, false]);
    for (const cell of [MARKER, '1', ' true', 'NaN']) {
      expect(await refusalOf(() => text(['true', cell], 'boolean'))).toMatchObject({
        code: 'wrong_type',
        message: "row 1, column 'age': expected true or false, got other text",
      });
    }
  });
});

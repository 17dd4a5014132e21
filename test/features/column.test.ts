import { describe, expect, it } from 'vitest';
import { cellAt } from '../../src/features/column.ts';
import { booleanColumn, categoryColumn, numberColumn } from '../support/models/tables.ts';

describe('cellAt', () => {
  it('gives the value that an instance would carry, null where it is missing', () => {
    const cells = [
      numberColumn('n', 1.5, null),
      booleanColumn('b', true, null),
      categoryColumn('c', 'x', null),
    ];
    expect(cells.map((column) => cellAt(column, 0))).toEqual([1.5, true, 'x']);
    expect(cells.map((column) => cellAt(column, 1))).toEqual([null, null, null]);
    expect(cellAt(booleanColumn('b', false), 0)).toBe(false);
  });
});

export type ColumnType = 'number' | 'category' | 'boolean';

/** A raw column of numbers or booleans (1 and 0), NaN where the value is missing. */
export interface NumericColumn {
  readonly name: string;
  readonly type: 'number' | 'boolean';
  readonly values: Float64Array;
}

/** A raw column of categories: an index into `levels`, which are sorted, -1 where the value is missing. */
export interface CategoryColumn {
  readonly name: string;
  readonly type: 'category';
  readonly levels: readonly string[];
  readonly codes: Int32Array;
}

export type RawColumn = NumericColumn | CategoryColumn;

/** The value of a cell as a request carries it; null is a missing one. */
export type Cell = string | number | boolean | null;

/** The value of a cell as an instance would carry it. */
export function cellAt(column: RawColumn, row: number): Cell {
  if (column.type === 'category') {
    const code = column.codes[row]!;
    return code < 0 ? null : column.levels[code]!;
  }
  const value = column.values[row]!;
  if (Number.isNaN(value)) return null;
  return column.type === 'boolean' ? value === 1 : value;
}

import { SuretyError, typeName } from '../errors.ts';
import { cellAt, type NumericColumn, type RawColumn } from './column.ts';

/**
 * A number or boolean becomes (value - shift) / scale, `fill` where it is missing, then perhaps a missing
 * indicator.
 */
export interface NumericEncoding {
  readonly name: string;
  readonly type: 'number' | 'boolean';
  readonly shift: number;
  readonly scale: number;
  readonly fill: number;
  readonly indicator: boolean;
  /** A constant column: it carries nothing and takes no place. */
  readonly dropped: boolean;
  /**
   * The smallest and the largest value seen in training; absent where there was none, and in models stored before
   * these were kept.
   */
  readonly least?: number;
  readonly most?: number;
}

/**
 * A category becomes one place per level seen in training, and one for missing values where training had any.
 */
export interface CategoryEncoding {
  readonly name: string;
  readonly type: 'category';
  readonly levels: readonly string[];
  readonly missingLevel: boolean;
  readonly dropped: boolean;
}

export type ColumnEncoding = NumericEncoding | CategoryEncoding;

/** The number of places an encoded column takes in the feature vector. */
export function encodedWidth(encoding: ColumnEncoding): number {
  if (encoding.type === 'category') {
    return encoding.dropped ? 0 : encoding.levels.length + Number(encoding.missingLevel);
  }
  return Number(!encoding.dropped) + Number(encoding.indicator);
}

/** Fits the encoding of one column to the training rows; the labels have no part in it. Cost: O(n). */
export function fitColumn(column: RawColumn, standardise: boolean): ColumnEncoding {
  if (column.type !== 'category') return fitNumeric(column, standardise && column.type === 'number');
  const missingLevel = column.codes.includes(-1);
  const { name, type, levels } = column;
  return { name, type, levels, missingLevel, dropped: levels.length + Number(missingLevel) < 2 };
}

function fitNumeric({ name, type, values }: NumericColumn, standardise: boolean): NumericEncoding {
  let count = 0;
  let total = 0;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    total += value;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const mean = count === 0 ? 0 : total / count;
  let squares = 0;
  for (const value of values) if (!Number.isNaN(value)) squares += (value - mean) ** 2;
  const deviation = Math.sqrt(squares / count);
  const dropped = !(least < most);
  const indicator = count > 0 && count < values.length;
  if (
    !dropped &&
    !(Number.isFinite(mean) && (!standardise || (Number.isFinite(deviation) && deviation > 0)))
  ) {
    throw new SuretyError(
      'not_finite',
      `column '${name}': the values are too large or too close to standardise`,
    );
  }
  const seen = { name, type, indicator, dropped, ...(count > 0 && { least, most }) };
  if (!standardise || dropped) return { ...seen, shift: 0, scale: 1, fill: mean };
  return { ...seen, shift: mean, scale: deviation, fill: 0 };
}

/** Writes training row `row` of `column` into `out` from `at` on. */
export function encodeTrainingCell(
  encoding: ColumnEncoding,
  column: RawColumn,
  row: number,
  out: Float64Array,
  at: number,
): void {
  if (encoding.type === 'category' && column.type === 'category') {
    if (encoding.dropped) return;
    const code = column.codes[row]!;
    out[at + (code < 0 ? encoding.levels.length : code)] = 1;
  } else encodeCell(encoding, cellAt(column, row), out, at);
}

/**
 * Writes the value of one instance into `out`, whose places from `at` on are zero. Returns a warning where
 * the value is of a kind that training never saw. Throws a SuretyError when the value does not fit the
 * column's type.
 */
export function encodeCell(
  encoding: ColumnEncoding,
  cell: unknown,
  out: Float64Array,
  at: number,
): string | null {
  return encoding.type === 'category'
    ? encodeCategory(encoding, cell, out, at)
    : encodeNumeric(encoding, cell, out, at);
}

function encodeNumeric(
  encoding: NumericEncoding,
  cell: unknown,
  out: Float64Array,
  at: number,
): string | null {
  const { name, type, shift, scale, fill, indicator, dropped } = encoding;
  if (cell !== null && typeof cell !== type) {
    throw new SuretyError(
      'wrong_type',
      `column '${name}': expected a ${type} or null, got ${typeName(cell)}`,
    );
  }
  const value = Number(cell);
  if (!Number.isFinite(value)) {
    throw new SuretyError('not_finite', `column '${name}': expected a finite number`);
  }
  if (!dropped) out[at] = cell === null ? fill : (value - shift) / scale;
  if (cell !== null) return null;
  if (indicator) out[at + Number(!dropped)] = 1;
  else if (!dropped) return `column '${name}' is missing, which training never saw; its mean is used`;
  return null;
}

function encodeCategory(
  encoding: CategoryEncoding,
  cell: unknown,
  out: Float64Array,
  at: number,
): string | null {
  const { name, levels, missingLevel, dropped } = encoding;
  if (cell === null || cell === '') {
    if (missingLevel && !dropped) out[at + levels.length] = 1;
    return missingLevel ? null : `column '${name}' is missing, which training never saw; it is left out`;
  }
  if (typeof cell !== 'string' && typeof cell !== 'number' && typeof cell !== 'boolean') {
    throw new SuretyError('wrong_type', `column '${name}': expected a string or null, got ${typeName(cell)}`);
  }
  const level = findLevel(levels, String(cell));
  if (level < 0) return `column '${name}' has a level that training never saw; it is left out`;
  if (!dropped) out[at + level] = 1;
  return null;
}

/** Binary search in the sorted levels; -1 when there is no such level. */
export function findLevel(levels: readonly string[], wanted: string): number {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (levels[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return levels[low] === wanted ? low : -1;
}

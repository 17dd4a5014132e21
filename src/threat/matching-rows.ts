import type { CategoryColumn, Cell, RawColumn } from '../features/column.ts';
import { findLevel } from '../features/column-encoding.ts';
import { sharedBytes } from '../model/shared-bytes.ts';
import type { Predicate, RangePredicate } from '../model/threat.ts';
import { inSteps, takingTurns } from '../process/taking-turns.ts';

/** Rows tested before the clock is looked at. */
const ROWS_PER_LOOK = 256;
/** Values or row numbers taken between two chances to give others a turn. */
const STEP = 2 ** 12;

type RowTest = (row: number) => boolean;

/**
 * One byte a row, 1 where the predicate holds, in memory that all threads share. Gives other requests turns, and stops with the signal's reason
 * when it is aborted. Assumes that `checkThreat` has passed and that `columns` has the predicate's columns.
 * Cost: O(conditions * rows), some 10 ns each.
 */
export async function matchingRows(
  predicate: Predicate,
  columns: ReadonlyMap<string, RawColumn>,
  rows: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const turn = takingTurns(signal);
  const holds = await inSteps(testFor(predicate, columns, rows), turn);
  const matching = sharedBytes(rows);
  for (let row = 0; row < rows; row++) {
    if (row % ROWS_PER_LOOK === 0) await turn();
    if (holds(row)) matching[row] = 1;
  }
  return matching;
}

function* testFor(
  predicate: Predicate,
  columns: ReadonlyMap<string, RawColumn>,
  rows: number,
): Generator<void, RowTest> {
  if ('and' in predicate || 'or' in predicate) {
    const tests: RowTest[] = [];
    for (const part of 'and' in predicate ? predicate.and : predicate.or)
      tests.push(yield* testFor(part, columns, rows));
    return 'and' in predicate ? allOf(tests) : anyOf(tests);
  }
  yield;
  if ('indices' in predicate) return yield* isListed(predicate.indices, rows);
  const column = columns.get(predicate.column)!;
  if ('in' in predicate) return yield* isOneOf(column, predicate.in);
  if ('notIn' in predicate) return not(yield* isOneOf(column, predicate.notIn));
  return isWithin(column, predicate);
}

function allOf(tests: readonly RowTest[]): RowTest {
  return (row) => {
    for (const test of tests) if (!test(row)) return false;
    return true;
  };
}

function anyOf(tests: readonly RowTest[]): RowTest {
  return (row) => {
    for (const test of tests) if (test(row)) return true;
    return false;
  };
}

function not(test: RowTest): RowTest {
  return (row) => !test(row);
}

/** One bit a row: a thousand lists, each of all rows, fit in memory. */
function* isListed(indices: readonly number[], rows: number): Generator<void, RowTest> {
  const bits = new Uint8Array((rows >> 3) + 1);
  for (const [index, row] of indices.entries()) {
    if (index % STEP === STEP - 1) yield;
    bits[row >> 3]! |= 1 << (row & 7);
  }
  return (row) => ((bits[row >> 3]! >> (row & 7)) & 1) === 1;
}

/**
 * A category is compared by its text, a number by its registered double, a boolean as one; null is missing.
 */
function* isOneOf(column: RawColumn, values: readonly Cell[]): Generator<void, RowTest> {
  const wanted = new Set<number>();
  for (const [index, value] of values.entries()) {
    if (index % STEP === STEP - 1) yield;
    // A Set takes 0 and -0 for the same number, and NaN, a missing cell, for itself.
    if (column.type === 'category') wanted.add(codeOf(column, value));
    else wanted.add(value === null ? Number.NaN : Number(value));
  }
  const cells = column.type === 'category' ? column.codes : column.values;
  return (row) => wanted.has(cells[row]!);
}

function codeOf({ levels }: CategoryColumn, value: Cell): number {
  return value === null || value === '' ? -1 : findLevel(levels, String(value));
}

/** NaN, a missing cell, is within no bounds. */
function isWithin(column: RawColumn, bounds: RangePredicate): RowTest {
  if (column.type === 'category') throw new TypeError(`isWithin: expected numbers, got ${column.type}`);
  const { values } = column;
  const { above, atLeast, below, atMost } = bounds;
  return (row) => {
    const value = values[row]!;
    return (
      !Number.isNaN(value) &&
      (above === undefined || value > above) &&
      (atLeast === undefined || value >= atLeast) &&
      (below === undefined || value < below) &&
      (atMost === undefined || value <= atMost)
    );
  };
}

import { expect } from 'vitest';
import type { RawColumn } from '../../../src/features/column.ts';
import {
  encodeCell,
  encodedWidth,
  encodeTrainingCell,
  fitColumn,
} from '../../../src/features/column-encoding.ts';
import { silent } from './refusal.ts';

/** The training rows after the encoding, one array each. */
export function encodedRows(column: RawColumn, standardise = true): number[][] {
  const encoding = fitColumn(column, standardise);
  const { length } = column.type === 'category' ? column.codes : column.values;
  return Array.from({ length }, (_, row) => {
    const out = new Float64Array(encodedWidth(encoding));
    encodeTrainingCell(encoding, column, row, out, 0);
    return Array.from(out);
  });
}

/** One instance's cell after the encoding, between two places that are not its own. */
export function encode(column: RawColumn, cell: unknown, standardise = true) {
  const encoding = fitColumn(column, standardise);
  const width = encodedWidth(encoding);
  const out = new Float64Array(width + 2);
  const warning = encodeCell(encoding, cell, out, 1);
  expect([out[0], out[width + 1]]).toEqual([0, 0]);
  if (warning !== null) silent(warning);
  return { values: Array.from(out.subarray(1, width + 1)), warning };
}

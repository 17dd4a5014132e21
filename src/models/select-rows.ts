import type { RawColumn } from '../features/column.ts';
import { featureColumns, type RawData } from '../features/feature-map.ts';

/**
 * The rows with these numbers, in this order, as a training set of their own: features only, columns sorted by
 * name, categories with the levels that these rows have. Nothing of it depends on another row, nor does the order
 * of its columns, which in records comes from the first row (certificates.md section 5.2).
 */
export function selectRows(data: RawData, rows: Int32Array, notFeatures: readonly string[]): RawData {
  if (data.kind === 'vectors') {
    return { ...data, rows: rows.length, values: selectVectors(data.values, data.width, rows) };
  }
  const columns = featureColumns(data, notFeatures).map((column) => selectCells(column, rows));
  return { kind: 'table', rows: rows.length, columns: columns.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** The rows of an n x width matrix with these numbers, in this order. */
export function selectVectors(values: Float32Array, width: number, rows: Int32Array): Float32Array {
  const selected = new Float32Array(rows.length * width);
  for (const [to, row] of rows.entries()) {
    selected.set(values.subarray(row * width, (row + 1) * width), to * width);
  }
  return selected;
}

function selectCells(column: RawColumn, rows: Int32Array): RawColumn {
  if (column.type !== 'category') {
    return { ...column, values: Float64Array.from(rows, (row) => column.values[row]!) };
  }
  const selected = Int32Array.from(rows, (row) => column.codes[row]!);
  const seen = [...new Set(selected)].filter((code) => code >= 0).sort((a, b) => a - b);
  const places = new Map(seen.map((code, place) => [code, place]));
  return {
    ...column,
    levels: seen.map((code) => column.levels[code]!),
    codes: selected.map((code) => places.get(code) ?? -1),
  };
}

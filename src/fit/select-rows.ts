import type { RawColumn } from '../features/column.ts';
import { featureColumns, type RawData } from '../features/feature-map.ts';
import { type FeatureRows, piecesOf, wholeRows } from '../kernel/memory/feature-rows.ts';

/**
 * The rows with these numbers, in this order, as a training set of their own: features only, columns sorted by
 * name, categories with the levels that these rows have. Nothing of it depends on another row, nor does the order
 * of its columns, which in records comes from the first row (certificates.md section 5.2).
 */
export function selectRows(data: RawData, rows: Int32Array, notFeatures: readonly string[]): RawData {
  if (data.kind === 'vectors') {
    const values = selectVectors(wholeRows(data.values, data.width), rows);
    return { ...data, rows: rows.length, values };
  }
  const columns = featureColumns(data, notFeatures).map((column) => selectCells(column, rows));
  return { kind: 'table', rows: rows.length, columns: columns.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** The rows of an n x width matrix with these numbers, in this order. */
export function selectVectors(features: FeatureRows, rows: Int32Array): Float32Array {
  const { columns } = features;
  const selected = new Float32Array(rows.length * columns);
  for (const [to, row] of rows.entries()) {
    for (const piece of piecesOf(features, row, row + 1)) selected.set(piece.features, to * columns);
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

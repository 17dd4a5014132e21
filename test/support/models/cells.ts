import { type ColumnType, cellAt } from '../../../src/features/column.ts';
import { type CellSource, ColumnBuilder } from '../../../src/ingest/column-builder.ts';
import { silent } from './refusal.ts';
import { whole } from './steps.ts';

/** The column that these cells become: its type, its cells as an instance would carry them, levels and warnings. */
export function columnOf(cells: readonly unknown[], source: CellSource, declared?: ColumnType) {
  const builder = new ColumnBuilder('age', source, declared);
  for (const cell of cells) builder.add(cell);
  const column = whole(builder.finish());
  silent(builder.warnings.join());
  return {
    type: column.type,
    cells: cells.map((_, row) => cellAt(column, row)),
    ...(column.type === 'category' && { levels: column.levels }),
    warnings: builder.warnings,
  };
}

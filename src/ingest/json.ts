import { SuretyError, typeName } from '../errors.ts';
import { inSteps, takingTurns } from '../process/taking-turns.ts';
import { checkFeatureLimits, checkRowLimit, type Dataset, type DatasetLimits } from './dataset.ts';
import { LabelBuilder } from './label-builder.ts';
import { TableBuilder, type TableOptions } from './table-builder.ts';

/** A table sent as JSON, columns and rows apart. */
export async function datasetFromRows(
  columns: readonly string[],
  rows: readonly unknown[],
  options: TableOptions,
  limits: DatasetLimits,
): Promise<Dataset> {
  checkRowLimit(rows.length, limits);
  const table = new TableBuilder(columns, 'json', options, limits);
  const turn = takingTurns();
  for (const [index, row] of rows.entries()) {
    await turn();
    if (!Array.isArray(row)) throw notA('an array of values', row, index);
    table.addRow(row);
  }
  return table.finish();
}

/** A table sent as JSON records; the first one names the columns. */
export async function datasetFromRecords(
  records: AsyncIterable<unknown> | Iterable<unknown>,
  options: TableOptions,
  limits: DatasetLimits,
): Promise<Dataset> {
  let table: TableBuilder | undefined;
  let index = 0;
  const turn = takingTurns();
  for await (const record of records) {
    await turn();
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      throw notA('a record', record, index);
    }
    table ??= new TableBuilder(Object.keys(record), 'json', options, limits);
    table.addRecord(record);
    index++;
  }
  if (table === undefined) throw new SuretyError('no_rows', 'expected at least one record, got none');
  return table.finish();
}

/**
 * Ready-made feature vectors with their labels. Features are rounded to single precision: those are
 * registered.
 */
export async function datasetFromFeatures(
  features: readonly unknown[],
  labels: readonly unknown[],
  classes: readonly string[] | undefined,
  limits: DatasetLimits,
): Promise<Dataset> {
  checkRowLimit(features.length, limits);
  const first = features[0];
  if (first === undefined) throw new SuretyError('no_rows', 'expected at least one feature vector, got none');
  if (labels.length !== features.length) {
    throw new SuretyError(
      'row_length',
      `expected ${features.length} labels, one a feature vector, got ${labels.length}`,
    );
  }
  const width = Array.isArray(first) ? first.length : 0;
  checkFeatureLimits(features.length, width, limits);
  const values = new Float32Array(features.length * width);
  const builder = new LabelBuilder(classes);
  const turn = takingTurns();
  for (const [row, vector] of features.entries()) {
    await turn();
    if (!Array.isArray(vector)) throw notA('an array of numbers', vector, row);
    if (vector.length !== width) {
      throw new SuretyError('row_length', `row ${row}: expected ${width} features, got ${vector.length}`);
    }
    for (let k = 0; k < width; k++) {
      const value: unknown = vector[k];
      if (typeof value !== 'number') {
        throw new SuretyError(
          'wrong_type',
          `row ${row}, feature ${k}: expected a number, got ${typeName(value)}`,
        );
      }
      const rounded = Math.fround(value) + 0; // one zero
      if (!Number.isFinite(rounded)) {
        throw new SuretyError(
          'not_finite',
          `row ${row}, feature ${k}: expected a number that single precision can hold`,
        );
      }
      values[row * width + k] = rounded;
    }
    builder.add(labels[row]);
  }
  const data = { kind: 'vectors', rows: features.length, width, values } as const;
  const declared = { columnTypes: [], classes: classes !== undefined };
  return {
    data,
    labels: await inSteps(builder.finish(), turn),
    target: null,
    ignored: [],
    declared,
    warnings: [],
  };
}

function notA(expected: string, got: unknown, row: number): SuretyError {
  return new SuretyError('wrong_type', `row ${row}: expected ${expected}, got ${typeName(got)}`);
}

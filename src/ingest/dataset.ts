import { SuretyError } from '../errors.ts';
import type { RawData } from '../features/feature-map.ts';
import type { Labels } from './label-builder.ts';

/** A training set as it was sent: raw data and labels, nothing derived. */
export interface Dataset {
  readonly data: RawData;
  readonly labels: Labels;
  /** The name of the target column, null for ready-made features. */
  readonly target: string | null;
  readonly ignored: readonly string[];
  /** What the registration declared instead of leaving it to be found from all rows. */
  readonly declared: Declared;
  readonly warnings: readonly string[];
}

/** The columns of a table that are no features: those that are ignored, and the target. */
export function notFeaturesOf({ target, ignored }: Pick<Dataset, 'target' | 'ignored'>): readonly string[] {
  return target === null ? ignored : [...ignored, target];
}

/** The columns whose types were declared, and whether the class list was. */
export interface Declared {
  readonly columnTypes: readonly string[];
  readonly classes: boolean;
}

/** Limits on the size of a training set; features are counted after the feature map. */
export interface DatasetLimits {
  readonly rows: number;
  readonly features: number;
  readonly cells: number;
}

export function checkRowLimit(rows: number, limits: DatasetLimits): void {
  if (rows > limits.rows) {
    throw new SuretyError(
      'too_many_rows',
      `a training set may have at most ${limits.rows} rows (SURETY_MAX_ROWS)`,
    );
  }
}

export function checkColumnLimit(columns: number, limits: DatasetLimits): void {
  if (columns > limits.features) {
    throw new SuretyError(
      'too_many_features',
      `the table has ${columns} columns, at most ${limits.features} are accepted (SURETY_MAX_FEATURES)`,
    );
  }
}

/** Checks the size after the feature map, before its memory is taken. */
export function checkFeatureLimits(rows: number, features: number, limits: DatasetLimits): void {
  if (features > limits.features) {
    throw new SuretyError(
      'too_many_features',
      `the feature map makes ${features} features, at most ${limits.features} are accepted (SURETY_MAX_FEATURES); ignore columns with many levels`,
    );
  }
  if (rows * features > limits.cells) {
    throw new SuretyError(
      'too_many_cells',
      `${rows} rows x ${features} features are ${rows * features} values, at most ${limits.cells} are accepted (SURETY_MAX_CELLS)`,
    );
  }
}

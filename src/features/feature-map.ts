import { SuretyError, typeName } from '../errors.ts';
import { euclideanNorm } from '../kernel/euclidean-norm.ts';
import type { RawColumn } from './column.ts';
import {
  type ColumnEncoding,
  encodeCell,
  encodedWidth,
  encodeTrainingCell,
  fitColumn,
} from './column-encoding.ts';
import {
  applyFourier,
  drawFrequencies,
  type RandomFourier,
  type RandomFourierSettings,
} from './random-fourier.ts';

/**
 * The training rows before the feature map: a table of raw columns, or ready-made feature vectors (n x
 * width).
 */
export type RawData =
  | { readonly kind: 'table'; readonly rows: number; readonly columns: readonly RawColumn[] }
  | {
      readonly kind: 'vectors';
      readonly rows: number;
      readonly width: number;
      readonly values: Float32Array;
    };

export interface FeatureSettings {
  readonly standardise: boolean;
  readonly unitNorm: boolean;
  readonly randomFourier: RandomFourierSettings | null;
}

/** All of a fitted feature map but the frequencies; plain data that JSON carries without loss. */
export interface FeatureMapState {
  readonly kind: 'table' | 'vectors';
  readonly encodings: readonly ColumnEncoding[];
  readonly unitNorm: boolean;
  /** Columns that an instance may carry and that are not features: ignored ones and the target. */
  readonly ignored: readonly string[];
}

/** Values that are looked at between two chances to give others a turn. */
const STEP = 2 ** 20;

/**
 * Fits the columns' encodings to the training rows (not yet the random Fourier features), in steps. Never sees a label.
 */
export function* fitEncodings(
  data: RawData,
  settings: FeatureSettings,
  ignored: readonly string[],
): Generator<void, FeatureMapState> {
  const encodings: ColumnEncoding[] = [];
  if (data.kind === 'vectors' && !settings.standardise) {
    encodings.push(...(yield* unchanged(data.values, data.width)));
  } else {
    const columns =
      data.kind === 'table' ? featureColumns(data, ignored) : vectorColumns(data.values, data.width);
    for (const column of columns) {
      encodings.push(fitColumn(column, settings.standardise));
      yield;
    }
  }
  return { kind: data.kind, encodings, unitNorm: settings.unitNorm, ignored };
}

/** The columns of a table that become features, in their order. */
export function featureColumns(
  data: RawData & { kind: 'table' },
  ignored: readonly string[],
): readonly RawColumn[] {
  const isIgnored = new Set(ignored);
  return data.columns.filter(({ name }) => !isIgnored.has(name));
}

/** Ready-made features pass as they are; only their ranges are looked at. */
function* unchanged(values: Float32Array, width: number): Generator<void, ColumnEncoding[]> {
  const least = values.slice(0, width);
  const most = values.slice(0, width);
  for (let at = width, k = 0; at < values.length; at++) {
    if (at % STEP === 0) yield;
    const value = values[at]!;
    if (value < least[k]!) least[k] = value;
    if (value > most[k]!) most[k] = value;
    if (++k === width) k = 0;
  }
  const asItIs = { type: 'number', shift: 0, scale: 1, fill: 0, indicator: false, dropped: false } as const;
  return Array.from(least, (low, k) => ({ name: String(k), ...asItIs, least: low, most: most[k]! }));
}

function* vectorColumns(values: Float32Array, width: number): Generator<RawColumn> {
  const rows = values.length / width;
  for (let k = 0; k < width; k++) {
    const column = new Float64Array(rows);
    for (let row = 0, at = k; row < rows; row++, at += width) column[row] = values[at]!;
    yield { name: String(k), type: 'number', values: column };
  }
}

/**
 * A feature map: from a raw record or vector to the vector h that the ridge classifier sees. Label-free.
 * Encode the columns, scale to unit norm if asked, apply the random Fourier features if any, round to single
 * precision.
 */
export class FeatureMap {
  readonly state: FeatureMapState;
  readonly fourier: RandomFourier | null;
  /** Features after the map. */
  readonly width: number;
  /** The first place of each encoded column in the feature vector, before unit norm and random Fourier features. */
  readonly offsets: readonly number[];
  readonly #known: ReadonlySet<string>;
  readonly #encoded: Float64Array;

  constructor(state: FeatureMapState, fourier: RandomFourier | null) {
    this.state = state;
    this.fourier = fourier;
    const offsets: number[] = [];
    let width = 0;
    for (const encoding of state.encodings) {
      offsets.push(width);
      width += encodedWidth(encoding);
    }
    this.offsets = offsets;
    this.#encoded = new Float64Array(width);
    this.#known = new Set([...state.ignored, ...state.encodings.map(({ name }) => name)]);
    this.width = fourier?.components ?? width;
  }

  /** Whether ready-made features pass through unchanged. */
  get isIdentity(): boolean {
    const { kind, encodings, unitNorm } = this.state;
    return (
      kind === 'vectors' &&
      !unitNorm &&
      this.fourier === null &&
      encodings.every((one) => one.type === 'number' && one.shift === 0 && one.scale === 1 && !one.dropped)
    );
  }

  /** The same map followed by random Fourier features drawn for the encoded training rows, in steps. */
  *withFourier(encoded: Float32Array, settings: RandomFourierSettings): Generator<void, FeatureMap> {
    const fourier = yield* drawFrequencies(encoded, this.width, settings);
    if (fourier === null) {
      throw new SuretyError(
        'invalid_settings',
        'randomFourier: all sampled rows are equal, so there is no distance to scale by',
      );
    }
    return new FeatureMap(this.state, fourier);
  }

  /**
   * Encodes training row `row` into `out` (width). Throws a SuretyError naming the row when a value
   * overflows.
   */
  encodeTraining(data: RawData, columns: readonly RawColumn[], row: number, out: Float32Array): void {
    this.#encoded.fill(0);
    const { encodings } = this.state;
    for (let c = 0; c < encodings.length; c++) {
      const at = this.offsets[c]!;
      if (data.kind === 'vectors')
        encodeCell(encodings[c]!, data.values[row * data.width + c]!, this.#encoded, at);
      else encodeTrainingCell(encodings[c]!, columns[c]!, row, this.#encoded, at);
    }
    this.#finish(out, `row ${row}`);
  }

  /**
   * Encodes one instance into `out` (width): a record for a table, an array of numbers for ready-made
   * features. Returns warnings; throws a SuretyError that names the column when the instance does not fit.
   */
  encode(instance: unknown, out: Float32Array): string[] {
    const warnings = this.read(instance);
    this.#finish(out, 'the instance');
    return warnings;
  }

  /**
   * As `encode`, but only as far as the instance's own columns and types go: nothing is scaled, so nothing can
   * overflow.
   */
  read(instance: unknown): string[] {
    this.#encoded.fill(0);
    return this.state.kind === 'table' ? this.#encodeRecord(instance) : this.#encodeVector(instance);
  }

  #encodeRecord(instance: unknown): string[] {
    const isRecord = typeof instance === 'object' && instance !== null;
    if (!isRecord || Array.isArray(instance) || ArrayBuffer.isView(instance)) {
      const got = typeName(instance);
      throw new SuretyError('wrong_type', `expected a record of the model's columns, got ${got}`);
    }
    const record = instance as Record<string, unknown>;
    for (const name of Object.keys(record)) {
      if (!this.#known.has(name)) {
        throw new SuretyError('unknown_column', `the model has no column '${name.slice(0, 100)}'`);
      }
    }
    const warnings: string[] = [];
    this.state.encodings.forEach((encoding, c) => {
      if (!Object.hasOwn(record, encoding.name)) {
        throw new SuretyError(
          'missing_column',
          `column '${encoding.name}' is missing; send null for a missing value`,
        );
      }
      const warning = encodeCell(encoding, record[encoding.name], this.#encoded, this.offsets[c]!);
      if (warning !== null) warnings.push(warning);
    });
    return warnings;
  }

  /** Numbers in single precision pass for an array: they are rounded to it anyway. */
  #encodeVector(instance: unknown): string[] {
    const { encodings } = this.state;
    if (!Array.isArray(instance) && !(instance instanceof Float32Array)) {
      const got = typeName(instance);
      throw new SuretyError('wrong_type', `expected an array of ${encodings.length} numbers, got ${got}`);
    }
    if (instance.length !== encodings.length) {
      throw new SuretyError('row_length', `expected ${encodings.length} features, got ${instance.length}`);
    }
    for (let k = 0; k < encodings.length; k++) {
      const value: unknown = instance[k];
      if (typeof value !== 'number') {
        throw new SuretyError('wrong_type', `feature ${k}: expected a number, got ${typeName(value)}`);
      }
      encodeCell(encodings[k]!, Math.fround(value), this.#encoded, this.offsets[k]!);
    }
    return [];
  }

  /** Unit norm, random Fourier features, single precision; refuses what is not finite there. */
  #finish(out: Float32Array, what: string): void {
    const encoded = this.#encoded;
    if (this.state.unitNorm) {
      const norm = euclideanNorm(encoded);
      // An overflowing norm turns every feature into NaN, which is refused below; a zero vector stays as it
      // is.
      if (norm !== 0) {
        for (let k = 0; k < encoded.length; k++)
          encoded[k] = norm < Infinity ? encoded[k]! / norm : Number.NaN;
      }
    }
    if (this.fourier === null) out.set(encoded);
    else applyFourier(this.fourier, encoded, out);
    for (const value of out) {
      if (!Number.isFinite(value)) {
        throw new SuretyError('not_finite', `${what}: a feature overflows single precision`);
      }
    }
  }
}

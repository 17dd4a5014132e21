import type { FreeColumn, SparseValues } from '../../certify/free-columns.ts';
import { SuretyError } from '../../errors.ts';
import type { Cell } from '../../features/column.ts';
import { type ColumnEncoding, encodeCell, encodedWidth } from '../../features/column-encoding.ts';
import type { Model } from '../../model/model.ts';

/** A raw column that enters the feature vector, with the values that it may take. */
export interface NamedColumn {
  readonly encoding: ColumnEncoding;
  readonly at: number;
  /** Whether values are rounded to single precision before they are encoded: ready-made features are. */
  readonly single: boolean;
  readonly choices: readonly { readonly cell: Cell; readonly encoded: SparseValues }[];
  /** The interval of a number: least and most in training. */
  readonly range: { readonly least: number; readonly most: number } | null;
}

/** Columns as a request names them; those that do not enter the feature vector are left out of `columns`. */
export interface NamedColumns {
  readonly names: readonly string[];
  readonly columns: readonly NamedColumn[];
}

/**
 * The columns and the domains of their values: every level seen in training, true and false, the interval of a number
 * seen in training, and a missing value where training had some.
 *
 * Throws a SuretyError when there is no such column, when it is the target, or when the model was stored without the
 * interval.
 */
export function namedColumns({ map, manifest }: Model, names: readonly string[]): NamedColumns {
  const { encodings, ignored } = map.state;
  const columns = names.flatMap((name) => {
    const c = encodings.findIndex((encoding) => encoding.name === name);
    if (c >= 0)
      return encodedWidth(encodings[c]!) > 0
        ? domainOf(encodings[c]!, map.offsets[c]!, map.state.kind === 'vectors')
        : [];
    if (name !== manifest.target && ignored.includes(name)) return [];
    const why = name === manifest.target ? 'is the target, no input of' : 'is not a column of';
    throw new SuretyError('unknown_column', `explain.invariantTo: '${name.slice(0, 100)}' ${why} the model`);
  });
  return { names, columns };
}

function domainOf(encoding: ColumnEncoding, at: number, single: boolean): NamedColumn {
  const column = { encoding, at, single };
  const choice = (cell: Cell) => ({ cell, encoded: encode(encoding, at, cell) });
  if (encoding.type === 'category') {
    const { levels, missingLevel } = encoding;
    const choices = levels.map((cell, k) => ({ cell, encoded: [{ place: at + k, value: 1 }] }));
    return { ...column, choices: missingLevel ? [...choices, choice(null)] : choices, range: null };
  }
  const missing = encoding.indicator ? [choice(null)] : [];
  if (encoding.type === 'boolean') {
    return { ...column, choices: [choice(true), choice(false), ...missing], range: null };
  }
  const { name, least, most, dropped } = encoding;
  if (least === undefined || most === undefined) {
    throw new SuretyError(
      'invalid_settings',
      `explain.invariantTo: the model was stored without the range of column '${name}'; delete this version and register its data again`,
    );
  }
  if (dropped) return { ...column, choices: [choice(least), ...missing], range: null };
  return { ...column, choices: missing, range: { least, most } };
}

/**
 * A named column as it is free for one instance. From a missing number there is no distance to any other: its choices
 * are the ends of the interval.
 */
export function freeColumn({ encoding, at, choices, range }: NamedColumn, own: Cell): FreeColumn {
  const column = { at, width: encodedWidth(encoding), own: encode(encoding, at, own) };
  const others = choices.map(({ encoded }) => encoded);
  if (range === null) return { ...column, choices: others, interval: null };
  const ends = [encode(encoding, at, range.least), encode(encoding, at, range.most)];
  if (own === null) return { ...column, choices: [...others, ...ends], interval: null };
  const [least, most] = ends.map((end) => valueAt(end, at));
  const interval = { place: at, own: valueAt(column.own, at), least: least!, most: most! };
  return { ...column, choices: others, interval };
}

/** The raw value behind a choice of `freeColumn`. */
export function chosenCell({ choices, range }: NamedColumn, index: number): Cell {
  if (index < choices.length) return choices[index]!.cell;
  return index === choices.length ? range!.least : range!.most;
}

/** A raw number as the feature vector holds it. */
export function encodedNumber({ encoding, at }: NamedColumn, value: number): number {
  return valueAt(encode(encoding, at, value), at);
}

function encode(encoding: ColumnEncoding, at: number, cell: Cell): SparseValues {
  const out = new Float64Array(encodedWidth(encoding));
  encodeCell(encoding, cell, out, 0);
  const encoded: { place: number; value: number }[] = [];
  for (let k = 0; k < out.length; k++) {
    if (out[k] !== 0) encoded.push({ place: at + k, value: Math.fround(out[k]!) });
  }
  return encoded;
}

function valueAt(encoded: SparseValues, at: number): number {
  return encoded.find(({ place }) => place === at)?.value ?? 0;
}

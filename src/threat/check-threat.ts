import { SuretyError, typeName } from '../errors.ts';
import type { Cell } from '../features/column.ts';
import { findLevel } from '../features/column-encoding.ts';
import type { ColumnDescription, Manifest } from '../model/content.ts';
import type { NamedThreats, Predicate, Threat } from '../model/threat.ts';

/** What a threat speaks of. */
type ThreatenedData = Pick<Manifest, 'classes' | 'columns' | 'target' | 'rows'>;

/** Values and transitions between two chances to give others a turn. */
const STEP = 2 ** 12;

/**
 * Checks that a threat fits a model: columns and classes exist, values are of their column's type, levels are
 * ones that the column has (a misspelt one would silently leave rows out and make certificates too large),
 * row numbers are in range. Throws a SuretyError that names the place in the request, never a value. In steps. Cost:
 * O(size of the threat).
 */
export function* checkThreat(
  { rows, transitions = [] }: Threat,
  manifest: ThreatenedData,
  path = '/threat',
): Generator<void, void> {
  if (rows !== undefined) yield* checkPredicate(rows, manifest, `${path}/rows`);
  const classes = new Set(manifest.classes);
  for (const [index, pair] of transitions.entries()) {
    if (index % STEP === 0) yield;
    for (const [side, name] of pair.entries()) {
      if (!classes.has(name)) {
        throw misfit(`${path}/transitions/${index}/${side}`, 'the model has no such class');
      }
    }
  }
}

/** As `checkThreat`, for each of the threats of a registration. */
export function* checkNamedThreats(threats: NamedThreats, manifest: ThreatenedData): Generator<void, void> {
  for (const [name, threat] of Object.entries(threats))
    yield* checkThreat(threat, manifest, `/threats/${name}`);
}

function* checkPredicate(
  predicate: Predicate,
  manifest: ThreatenedData,
  path: string,
): Generator<void, void> {
  if ('and' in predicate || 'or' in predicate) {
    const [word, parts] = 'and' in predicate ? ['and', predicate.and] : ['or', predicate.or];
    for (const [index, part] of parts.entries())
      yield* checkPredicate(part, manifest, `${path}/${word}/${index}`);
  } else if ('indices' in predicate) {
    const at = predicate.indices.findIndex((row) => !(row < manifest.rows));
    if (at >= 0) {
      throw misfit(
        `${path}/indices/${at}`,
        `expected a row number below ${manifest.rows}, the number of rows`,
      );
    }
  } else {
    const column = described(predicate.column, manifest, path);
    yield;
    if ('in' in predicate) yield* checkValues(predicate.in, column, `${path}/in`);
    else if ('notIn' in predicate) yield* checkValues(predicate.notIn, column, `${path}/notIn`);
    else if (column.type !== 'number') {
      throw misfit(
        path,
        `column '${column.name}' is a ${column.type}, bounds need a number; use in or notIn`,
      );
    }
  }
}

function described(wanted: string, manifest: ThreatenedData, path: string): ColumnDescription {
  const { columns, target } = manifest;
  const place = `${path}/column`;
  if (columns === undefined) {
    throw misfit(place, 'the model has ready-made features and no columns; list rows in indices');
  }
  const name = wanted.slice(0, 100);
  if (wanted === target)
    throw misfit(place, `'${name}' is the target; say in transitions which labels may change`);
  const found = columns.find((column) => column.name === wanted);
  if (found === undefined) throw misfit(place, `the model has no column '${name}'`);
  return found;
}

function* checkValues(
  values: readonly Cell[],
  { name, type, levels = [] }: ColumnDescription,
  path: string,
): Generator<void, void> {
  for (const [index, value] of values.entries()) {
    if (index % STEP === STEP - 1) yield;
    if (value === null || (type === 'category' && value === '')) continue; // missing
    if (type === 'category') {
      if (findLevel(levels, String(value)) < 0)
        throw misfit(`${path}/${index}`, `column '${name}' has no such level`);
    } else if (typeof value !== type) {
      throw misfit(
        `${path}/${index}`,
        `column '${name}': expected a ${type} or null, got ${typeName(value)}`,
      );
    }
  }
}

function misfit(path: string, message: string): SuretyError {
  return new SuretyError('invalid_threat', `${path}: ${message}`, { misfits: [{ path, message }] });
}

import type { Model } from '../../../src/model/model.ts';
import { certified } from './registry.ts';
import type { Cell, PlainTable } from './tables.ts';
import { LOANS, POINTS, type Variant } from './variants.ts';

/** The domain of a raw column as a person would read it off the training data. */
export interface Domain {
  readonly name: string;
  /** Levels, true and false, null where training had a missing value. */
  readonly values: readonly Cell[];
  /** Least and most of a number, and its standard deviation. */
  readonly range: { readonly least: number; readonly most: number; readonly deviation: number } | null;
}

export function domainsOf({ title }: Variant): Domain[] {
  return title.startsWith('loans') ? tableDomains(LOANS) : pointDomains();
}

export function tableDomains({ columns }: PlainTable): Domain[] {
  return columns.map(({ name, type, cells }) => {
    const missing = cells.includes(null) ? [null] : [];
    const known = [...new Set(cells.filter((cell) => cell !== null))];
    return type === 'number'
      ? { name, values: missing, range: rangeOf(cells.filter((cell) => typeof cell === 'number')) }
      : { name, values: [...known, ...missing], range: null };
  });
}

function pointDomains(): Domain[] {
  return POINTS[0]!.map((_, k) => ({
    name: String(k),
    values: [],
    range: rangeOf(POINTS.map((point) => Math.fround(point[k]!))),
  }));
}

function rangeOf(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    least: Math.min(...values),
    most: Math.max(...values),
    deviation: Math.sqrt(squares / values.length),
  };
}

/** An instance with some of its columns changed. */
export function changed(instance: unknown, values: Readonly<Record<string, Cell>>): unknown {
  return Array.isArray(instance)
    ? instance.map((value, k) => values[String(k)] ?? value)
    : { ...(instance as object), ...values };
}

export const cellOf = (instance: unknown, name: string): Cell =>
  Array.isArray(instance) ? Math.fround(instance[Number(name)]!) : (instance as Record<string, Cell>)[name]!;

/** Every combination of values of the columns, numbers on a grid from least to most, the instance's own included. */
export function* combinations(
  instance: unknown,
  domains: readonly Domain[],
  grid: number,
): Generator<Record<string, Cell>> {
  const [first, ...rest] = domains;
  if (first === undefined) return yield {};
  const { name, values, range } = first;
  const numbers = range
    ? Array.from({ length: grid }, (_, i) => {
        if (i === grid - 1) return range.most;
        return range.least + (i / (grid - 1)) * (range.most - range.least);
      })
    : [];
  for (const others of combinations(instance, rest, grid)) {
    for (const cell of new Set([cellOf(instance, name), ...values, ...numbers]))
      yield { [name]: cell, ...others };
  }
}

/** What the served classifier predicts. */
export async function predictions(model: Model, instances: readonly unknown[]): Promise<(string | null)[]> {
  return (await certified(model, instances)).map(({ prediction }) => prediction);
}

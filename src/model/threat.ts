import type { Cell } from '../features/column.ts';

/** Which rows of a training set; docs/threats.md. */
export type Predicate =
  | { readonly column: string; readonly in: readonly Cell[] }
  | { readonly column: string; readonly notIn: readonly Cell[] }
  | RangePredicate
  | { readonly indices: readonly number[] }
  | { readonly and: readonly Predicate[] }
  | { readonly or: readonly Predicate[] };

/** Rows whose number is within all of the bounds that are given; a missing value is within none. */
export interface RangePredicate {
  readonly column: string;
  readonly above?: number | undefined;
  readonly atLeast?: number | undefined;
  readonly below?: number | undefined;
  readonly atMost?: number | undefined;
}

/** A threat model in the terms of a caller: which labels may be wrong, and how. */
export interface Threat {
  /** Default: all rows. */
  readonly rows?: Predicate | undefined;
  /** Pairs of classes, from and to; default: every change. */
  readonly transitions?: readonly (readonly [from: string, to: string])[] | undefined;
}

/** Threats that were registered with a model, by name. */
export type NamedThreats = Readonly<Record<string, Threat>>;

/** The columns that a predicate names, each once. */
export function columnsIn(predicate: Predicate): string[] {
  if ('and' in predicate) return [...new Set(predicate.and.flatMap(columnsIn))];
  if ('or' in predicate) return [...new Set(predicate.or.flatMap(columnsIn))];
  return 'column' in predicate ? [predicate.column] : [];
}

import type { Cell } from '../features/column.ts';
import type { Predicate, RangePredicate, Threat } from '../model/threat.ts';

/** Longer lists are counted, as they were given, and not written out. */
const MAX_LISTED = 5;

/** A threat model in words, with the number of rows that may be flipped under it. Labels become none but these classes. */
export function threatWords(
  threat: Threat,
  classes: readonly string[],
  { flippable, all }: { readonly flippable: number; readonly all: number },
): string {
  const nothing = flippable === 0 ? ', so nothing can be flipped' : '';
  return `${uncountedWords(threat, classes)}: ${flippable} of ${all} rows${nothing}`;
}

/** The same without the number of rows. */
export function uncountedWords({ rows, transitions }: Threat, classes: readonly string[]): string {
  const into = transitions === undefined ? `, as any of ${classWords(classes)}` : '';
  return `${mayBeWrong(rows, transitions)}${into}`;
}

function classWords(classes: readonly string[]): string {
  if (classes.length > MAX_LISTED) return `the ${classes.length} classes`;
  return `these classes (${classes.map(quoted).join(', ')})`;
}

function mayBeWrong(rows: Threat['rows'], transitions: Threat['transitions']): string {
  const changes = transitions === undefined ? undefined : changeWords(transitions);
  if (rows === undefined)
    return `Any label may be wrong${changes === undefined ? '' : `, but only ${changes}`}`;
  const how = changes === undefined ? '' : `, and only ${changes},`;
  return `Only labels of rows where ${predicateWords(rows)}${how} may be wrong`;
}

/** Unambiguous: an `and` within an `or` stands in parentheses, and an `or` within an `and`. */
function predicateWords(predicate: Predicate): string {
  if ('and' in predicate) return combinedWords(predicate.and, 'and');
  if ('or' in predicate) return combinedWords(predicate.or, 'or');
  if ('indices' in predicate) return `the row number is ${oneOf(predicate.indices, 'rows')}`;
  const { column } = predicate;
  const name = /^[A-Za-z_][\w.-]*$/.test(column) ? column : quoted(column);
  if ('in' in predicate) return `${name} is ${oneOf(predicate.in, 'values')}`;
  if ('notIn' in predicate) return `${name} is not ${oneOf(predicate.notIn, 'values')}`;
  return boundsOf(predicate)
    .map((words) => `${name} is ${words}`)
    .join(' and ');
}

function combinedWords(parts: readonly Predicate[], word: 'and' | 'or'): string {
  const apart = (part: Predicate) => parts.length > 1 && ![word, null].includes(joint(part));
  return parts
    .map((part) => (apart(part) ? `(${predicateWords(part)})` : predicateWords(part)))
    .join(` ${word} `);
}

/** The word that joins the predicate's words; null when it is a single condition. */
function joint(predicate: Predicate): 'and' | 'or' | null {
  const parts = 'and' in predicate ? predicate.and : 'or' in predicate ? predicate.or : null;
  if (parts?.length === 1) return joint(parts[0]!);
  if (parts !== null) return 'and' in predicate ? 'and' : 'or';
  return 'column' in predicate && boundsOf(predicate).length > 1 ? 'and' : null;
}

function boundsOf({ above, atLeast, below, atMost }: Partial<RangePredicate>): string[] {
  const bounds = { above, 'at least': atLeast, below, 'at most': atMost };
  return Object.entries(bounds).flatMap(([word, value]) => (value === undefined ? [] : `${word} ${value}`));
}

function oneOf(values: readonly Cell[], what: string): string {
  if (values.length === 1) return valueWords(values[0]!);
  if (values.length === 0 || values.length > MAX_LISTED) return `one of ${values.length} listed ${what}`;
  return `one of (${values.map(valueWords).join(', ')})`;
}

function valueWords(value: Cell): string {
  if (value === null || value === '') return 'missing';
  return typeof value === 'string' ? quoted(value) : String(value);
}

function quoted(text: string): string {
  return text.includes("'") ? JSON.stringify(text) : `'${text}'`;
}

function changeWords(transitions: readonly (readonly [string, string])[]): string {
  if (transitions.length > MAX_LISTED) return `by one of ${transitions.length} listed changes`;
  return transitions.map(([from, to]) => `from ${quoted(from)} to ${quoted(to)}`).join(' or ');
}

import { z } from 'zod';
import { listOf } from './lists.ts';

/** How deep `and` and `or` may be nested, and how many conditions a threat may have, these two included. */
const MAX_DEPTH = 8;
const MAX_CONDITIONS = 1000;

const atLeastOne = 'expected at least one';

type Cell = string | number | boolean | null;
const isCell = (entry: unknown) =>
  entry === null || ['string', 'boolean'].includes(typeof entry) || Number.isFinite(entry);
const valuesSchema = listOf<Cell>(isCell, 'expected strings, numbers, booleans or null', {
  items: { type: ['string', 'number', 'boolean', 'null'] },
  minItems: 1,
}).refine(({ length }) => length > 0, atLeastOne);

const isRow = (entry: unknown) => Number.isSafeInteger(entry) && (entry as number) >= 0;
const rowsSchema = listOf<number>(isRow, 'expected row numbers, counted from 0', {
  items: { type: 'integer', minimum: 0 },
});

const column = z.string().describe('A column of the training table, also one in ignore');
const inSchema = z.strictObject({ column, in: valuesSchema });
const notInSchema = z.strictObject({ column, notIn: valuesSchema });
const indicesSchema = z.strictObject({ indices: rowsSchema });
const bound = z.number().optional();
const rangeSchema = z
  .strictObject({ column, below: bound, atMost: bound, above: bound, atLeast: bound })
  .refine(
    ({ below, atMost, above, atLeast }) => [below, atMost, above, atLeast].some((one) => one !== undefined),
    'expected in, notIn, or at least one of below, atMost, above, atLeast',
  );

/** Which rows of the training set the adversary may have touched. */
export type Predicate =
  | z.infer<typeof inSchema>
  | z.infer<typeof notInSchema>
  | z.infer<typeof rangeSchema>
  | z.infer<typeof indicesSchema>
  | { and: Predicate[] }
  | { or: Predicate[] };

/** A request's schema `Condition` as the type provider calls it, for the conditions that conditions are made of. */
const CONDITION = '#/components/schemas/ConditionInput';

const combination = (word: 'and' | 'or') =>
  z.strictObject({
    [word]: z
      .array(z.unknown())
      .min(1)
      .meta({ items: { $ref: CONDITION } }),
  });
const andSchema = combination('and');
const orSchema = combination('or');

const predicateSchema = z
  .unknown()
  .superRefine((value, context) => {
    const misfit = misfitOf(value, [], { left: MAX_CONDITIONS });
    if (misfit !== null) context.addIssue({ code: 'custom', ...misfit });
  })
  .meta({
    id: 'Condition',
    description: `Which rows (docs/threats.md). null is a missing value; it is matched by in, never by a bound. and, or: nested at most ${MAX_DEPTH} deep, at most ${MAX_CONDITIONS} conditions. indices: row numbers from 0 in the order of registration`,
    anyOf: [inSchema, notInSchema, rangeSchema, indicesSchema, andSchema, orSchema].map(documented),
  }) as unknown as z.ZodType<Predicate>;

interface PlacedMisfit {
  readonly path: PropertyKey[];
  readonly message: string;
}

/**
 * The first place where a value is no predicate; however large the value, the check goes no deeper than
 * allowed.
 */
function misfitOf(value: unknown, path: PropertyKey[], conditions: { left: number }): PlacedMisfit | null {
  if (conditions.left-- === 0) return { path, message: `expected at most ${MAX_CONDITIONS} conditions` };
  if (typeof value !== 'object' || value === null) return { path, message: 'expected a condition' };
  const issue = schemaFor(value).safeParse(value).error?.issues[0];
  if (issue !== undefined) return { path: [...path, ...issue.path], message: issue.message };
  for (const word of ['and', 'or'] as const) {
    for (const [index, part] of (value as Record<string, unknown[]>)[word]?.entries() ?? []) {
      const place = [...path, word, index];
      if (place.length > 2 * (MAX_DEPTH - 1)) {
        return { path: place, message: `expected conditions nested at most ${MAX_DEPTH} deep` };
      }
      const misfit = misfitOf(part, place, conditions);
      if (misfit !== null) return misfit;
    }
  }
  return null;
}

function schemaFor(value: object): z.ZodType {
  if ('and' in value) return andSchema;
  if ('or' in value) return orSchema;
  if ('indices' in value) return indicesSchema;
  if ('in' in value) return inSchema;
  return 'notIn' in value ? notInSchema : rangeSchema;
}

function documented(schema: z.ZodType): object {
  const { $schema: _, ...json } = z.toJSONSchema(schema);
  return json;
}

const isTransition = (entry: unknown) =>
  Array.isArray(entry) &&
  entry.length === 2 &&
  entry.every((name) => typeof name === 'string') &&
  entry[0] !== entry[1];
const transitionsSchema = listOf<[string, string]>(
  isTransition,
  'expected pairs of two different classes, [from, to]',
  { items: { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 }, minItems: 1 },
)
  .refine(({ length }) => length > 0, atLeastOne)
  .meta({ description: 'Which changes of a label: pairs of classes, [from, to]. Default: all changes' });

/** A restricted threat model: which labels an adversary may have changed, and how. */
export const threatSchema = z
  .strictObject({
    rows: predicateSchema.optional().describe('Those that fulfil the condition. Default: all rows'),
    transitions: transitionsSchema.optional(),
  })
  .meta({
    id: 'Threat',
    description:
      'Which training labels may be wrong, where not all may. Certificates then count such flips only',
  });

/** What a threat that is registered with a model is called. */
export const threatName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    'expected 1 to 100 letters, digits, dots, dashes or underscores',
  );

/** Threats of one model. */
const MAX_NAMED = 100;

/** `threats` of a registration. */
export const namedThreatsSchema = z
  .record(threatName, threatSchema)
  .refine((threats) => Object.keys(threats).length <= MAX_NAMED, `expected at most ${MAX_NAMED} threats`)
  .describe(
    'Threats that requests may ask for by name: those of callers without scope explain may ask for no others. Part of the digest',
  );

/** `threat` of a request: one of the model's by name, or any. */
export const askedThreatSchema = z
  .union([threatName, threatSchema])
  .describe('The name of a threat that was registered with the model, or a threat (needs scope explain)');

/** The threat model as the answer states it. */
export const threatAnswerSchema = z
  .object({
    description: z.string().describe('The threat model of the certificates, in words'),
    rows: z.int().describe('How many rows may be flipped; no certificate counts more flips'),
  })
  .meta({ id: 'ThreatAnswer', description: 'Only there when the request gave a threat' });

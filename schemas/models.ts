import { z } from 'zod';
import {
  EXAMPLE_CLASSES,
  EXAMPLE_COLUMNS,
  EXAMPLE_MODEL,
  EXAMPLE_REGISTERED,
  EXAMPLE_ROWS,
  EXAMPLE_SETTINGS,
} from './examples.ts';
import { stringsOf } from './lists.ts';
import { BODY_PROBLEMS, DELETE_PROBLEMS, PROTECTED_PROBLEMS, problems } from './problem.ts';
import { effectiveSettingsSchema, settingsSchema } from './settings.ts';
import { namedThreatsSchema, threatName } from './threat.ts';

export const modelName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    'expected 1 to 100 letters, digits, dots, dashes or underscores',
  )
  .meta({ description: 'Name of the model', examples: [EXAMPLE_MODEL] });

const TYPES = ['number', 'category', 'boolean'] as const;

/** Looked through at once: zod's record takes its time with each of many thousands of members. */
const columnTypesSchema = z
  .unknown()
  .refine(
    (types) => typeof types === 'object' && types !== null && !Array.isArray(types),
    'expected a record',
  )
  .refine(
    (types) => Object.values(types as object).every((type) => (TYPES as readonly unknown[]).includes(type)),
    `expected for each column one of ${TYPES.join(', ')}`,
  )
  .meta({
    type: 'object',
    additionalProperties: { type: 'string', enum: TYPES },
    description:
      'Types of columns where inference would guess wrong; of all columns where partitions guard against rows',
  }) as unknown as z.ZodType<Record<string, (typeof TYPES)[number]>>;

const classesSchema = stringsOf(
  'The classes in their order (ties go to the earlier one), at most 1000; default: the labels seen, sorted. Needed where partitions guard against rows',
)
  .refine(({ length }) => length > 0, 'expected at least one class')
  // A longer list is refused anyway, and would take its time.
  .refine((names) => names.length > 1000 || new Set(names).size === names.length, 'a class is listed twice');

const tableOptions = {
  classes: classesSchema.optional(),
  columnTypes: columnTypesSchema.optional(),
  ignore: stringsOf('Columns that are not features').optional(),
};

/**
 * A JSON array whose items are checked row by row as they are read, for messages that name the row and
 * column.
 */
const arrayOf = (items: object, description: string) => z.array(z.unknown()).meta({ items, description });

const cell = { type: ['string', 'number', 'boolean', 'null'] };

/** `POST /models` as JSON: exactly one of rows, records and features. */
export const registrationSchema = z
  .strictObject({
    name: modelName,
    target: z.string().optional().describe('The column with the labels, in a table'),
    columns: stringsOf('Column names of rows').optional(),
    rows: arrayOf({ type: 'array', items: cell }, 'A table: one array of values a row').optional(),
    records: arrayOf({ type: 'object', additionalProperties: cell }, 'A table: one record a row').optional(),
    features: arrayOf({ type: 'array', items: { type: 'number' } }, 'Ready-made feature vectors').optional(),
    labels: arrayOf({ type: ['string', 'number', 'boolean'] }, 'Labels of ready-made features').optional(),
    ...tableOptions,
    threats: namedThreatsSchema.optional(),
    settings: settingsSchema.prefault({}),
  })
  .superRefine((body, context) => {
    const misfit = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const forms = (['rows', 'records', 'features'] as const).filter((form) => body[form] !== undefined);
    if (forms.length !== 1) misfit([], 'expected exactly one of rows, records and features');
    const needs = { rows: ['columns', 'target'], records: ['target'], features: ['labels'] } as const;
    const form = forms[0];
    if (forms.length !== 1 || form === undefined) return;
    for (const key of needs[form]) if (body[key] === undefined) misfit([key], `${form} need ${key}`);
    const others = ['columns', 'target', 'labels', 'columnTypes', 'ignore'] as const;
    for (const key of others) {
      const fits =
        (needs[form] as readonly string[]).includes(key) ||
        (form !== 'features' && !['columns', 'labels'].includes(key));
      if (body[key] !== undefined && !fits) misfit([key], `${key} does not go with ${form}`);
    }
  })
  .meta({
    examples: [
      {
        name: EXAMPLE_MODEL,
        target: 'outcome',
        classes: EXAMPLE_CLASSES,
        columns: EXAMPLE_COLUMNS,
        rows: EXAMPLE_ROWS,
        settings: EXAMPLE_SETTINGS,
      },
    ],
  });

export type RegistrationBody = z.infer<typeof registrationSchema>;

/** Part `model` of `POST /models` as a multipart form. */
export const uploadSchema = z.strictObject({
  name: modelName,
  target: z.string(),
  ...tableOptions,
  threats: namedThreatsSchema.optional(),
  settings: settingsSchema.prefault({}),
});

export type UploadModel = z.infer<typeof uploadSchema>;

/** The form itself is read as it streams in; this is its documentation. */
export const uploadFormSchema = z.unknown().meta({
  type: 'object',
  required: ['model', 'data'],
  properties: {
    model: {
      type: 'string',
      description:
        'JSON: name, target and optionally classes, columnTypes, ignore, settings. Comes before data.',
      examples: [JSON.stringify({ name: EXAMPLE_MODEL, target: 'outcome' })],
    },
    data: {
      contentMediaType: 'application/octet-stream', // with a type it would be text to generated clients
      description: 'The table: CSV (.csv), NDJSON (.ndjson, .jsonl) or Parquet (.parquet)',
    },
  },
});

export const modelSchema = z
  .object({
    name: z.string(),
    version: z.int(),
    digest: z
      .string()
      .describe(
        'SHA-256 over data, class order, feature map and settings, in the canonical form of docs/digest.md',
      ),
    createdAt: z.iso.datetime(),
    rows: z.int().describe('Training rows'),
    features: z.int().describe('Features after the feature map'),
    classes: z
      .array(z.object({ name: z.string(), rows: z.int().nullable() }))
      .describe(
        'In their order, with the training rows of each; null: fewer than SURETY_LEAST_COUNT, for callers without scope explain',
      ),
    columns: z.array(
      z.object({
        name: z.string(),
        type: z.enum(TYPES),
        levels: z.array(z.string()).optional(),
        ignored: z.literal(true).optional(),
      }),
    ),
    settings: effectiveSettingsSchema,
    threats: z
      .array(z.object({ name: threatName, description: z.string().describe('In words') }))
      .optional()
      .describe('Those that were registered with it, if any'),
    warnings: z
      .array(z.string())
      .describe(
        'About the data, such as constant columns that were dropped; `classes_not_declared` where the class list was not declared',
      ),
  })
  .meta({ id: 'Model', description: 'A registered model version', examples: [EXAMPLE_REGISTERED] });

export type ModelBody = z.infer<typeof modelSchema>;

export const modelRefSchema = z
  .object({ name: z.string(), version: z.int(), digest: z.string() })
  .meta({ id: 'ModelRef', description: 'Which model version answered' });

const nameParams = z.object({ name: modelName });
const versionParams = z.object({
  name: modelName,
  version: z.preprocess(
    (text) => (/^\d{1,9}$/.test(String(text)) ? Number(text) : text),
    z
      .int()
      .min(1)
      .meta({ description: 'Version of the model', examples: [1] }),
  ),
});

const DATA_PROBLEMS = {
  invalid_csv: 'line 18: the file ends inside a quoted value',
  invalid_ndjson: 'line 7: expected a JSON record',
  invalid_parquet: 'expected a file that starts and ends with PAR1; is it cut off?',
  invalid_encoding: 'expected UTF-8 text, got other bytes',
  no_rows: 'expected at least one row below the header, got none',
  row_length: 'row 3: expected 8 values, got 7',
  duplicate_column: 'columns number 2 and 5 have the same name',
  unknown_column: "target: the table has no column 'outcom'",
  missing_column: "row 12 has no column 'months'; write null for a missing value",
  invalid_name: 'column number 3: expected a name of 1 to 200 characters, and not __proto__',
  wrong_type: "row 5, column 'income': expected a number, got a string",
  not_finite: "row 5, column 'income': expected a finite number",
  missing_label: 'row 9: expected a label, got none',
  unknown_label: 'row 9: the label is not one of the listed classes',
  one_class: 'expected at least two classes among the labels, got one',
  class_without_rows: "class 'late' is listed and has no rows",
  no_features: 'every column is constant or ignored, so there is nothing to learn from',
  invalid_threat: "/threats/suspect-branch/rows/column: the model has no column 'colour'",
  invalid_settings: 'noise.q: expected 0 < q < 1/2 for 2 classes, got 0.6',
  too_many_rows: 'a training set may have at most 1000000 rows (SURETY_MAX_ROWS)',
  too_many_features:
    'the feature map makes 5000 features, at most 4096 are accepted (SURETY_MAX_FEATURES); ignore columns with many levels',
  too_many_cells:
    '1000000 rows x 300 features are 300000000 values, at most 250000000 are accepted (SURETY_MAX_CELLS)',
} as const;

const NOT_READY = { not_ready: 'models are still being loaded' } as const;
const MODEL_PROBLEMS = {
  ...PROTECTED_PROBLEMS,
  ...NOT_READY,
  invalid_request: 'The request does not fit its schema',
  model_not_found:
    "there is no model 'loans'; GET /models lists those that are there, POST /models registers one",
} as const;

const tags = ['models'];

const versionAnswer = (description: string) => ({
  description,
  headers: { Location: { type: 'string', format: 'uri-reference', description: 'Where the version is' } },
  content: { 'application/json': { schema: modelSchema } },
});

export const registerModelSchema = {
  tags,
  operationId: 'registerModel',
  summary: 'Register a training set with its label-free settings',
  description:
    'Gives the next version of the name. The same content under the same name returns the version that is there (200).',
  body: {
    content: {
      'application/json': { schema: registrationSchema },
      'multipart/form-data': { schema: uploadFormSchema },
    },
  },
  response: {
    200: versionAnswer('The name already has a version with this content'),
    201: versionAnswer('Registered; survives a crash from now on'),
    ...problems({
      ...BODY_PROBLEMS,
      ...DATA_PROBLEMS,
      ...NOT_READY,
      malformed_multipart: "Expected a part 'model' before the part 'data'",
      unsupported_data_format: 'data: expected a .csv, .ndjson, .jsonl or .parquet file',
      worker_failed: 'a worker thread ended while it worked on this request; it has been replaced, try again',
      too_many_models:
        'the service holds 1000 model versions, at most 1000 may be (SURETY_MAX_MODELS); delete some',
      store_failed: 'the store did not take the model; nothing was registered',
    }),
  },
};

export const listModelsSchema = {
  tags,
  operationId: 'listModels',
  summary: 'All model versions that the caller may name',
  response: {
    200: z.object({ models: z.array(modelSchema) }).describe('By name and version'),
    ...problems({ ...PROTECTED_PROBLEMS, ...NOT_READY }),
  },
};

export const listVersionsSchema = {
  tags,
  operationId: 'listVersions',
  summary: 'All versions of a model, the latest last',
  params: nameParams,
  response: {
    200: z.object({ versions: z.array(modelSchema) }).describe('By version'),
    ...problems(MODEL_PROBLEMS),
  },
};

const NOT_DELETED = { store_failed: 'the store did not delete the model; nothing was deleted' } as const;

const VERSION_PROBLEMS = {
  ...MODEL_PROBLEMS,
  version_not_found: "model 'loans' has no version 7",
} as const;

export const getVersionSchema = {
  tags,
  operationId: 'getVersion',
  summary: 'One version of a model',
  params: versionParams,
  response: {
    200: modelSchema.describe('The version'),
    ...problems({ ...VERSION_PROBLEMS, model_damaged: "model 'loans' version 2 failed its integrity check" }),
  },
};

export const deleteModelSchema = {
  tags,
  operationId: 'deleteModel',
  summary: 'Delete a model with all its versions',
  description: 'Version numbers are never used again.',
  params: nameParams,
  response: {
    204: z.undefined().describe('Deleted'),
    ...problems({ ...DELETE_PROBLEMS, ...MODEL_PROBLEMS, ...NOT_DELETED }),
  },
};

export const deleteVersionSchema = {
  tags,
  operationId: 'deleteVersion',
  summary: 'Delete one version of a model',
  params: versionParams,
  response: {
    204: z.undefined().describe('Deleted'),
    ...problems({ ...DELETE_PROBLEMS, ...VERSION_PROBLEMS, ...NOT_DELETED }),
  },
};

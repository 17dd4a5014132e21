import { z } from 'zod';

export const noiseSchema = z
  .strictObject({ q: z.number().gt(0).lt(1) })
  .describe(
    'Label noise of the smoothed classifier: a label is kept with probability 1 - q; q < (K - 1)/K for K classes',
  );

export const lambdaSchema = z
  .union(
    [
      z.strictObject({ relative: z.number().positive() }),
      z.strictObject({ absolute: z.number().positive() }),
    ],
    { error: 'expected either relative or absolute, a number above 0' },
  )
  .describe("Ridge penalty: absolute, or relative to trace(X'X)/d");

const ruleSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('argmax') }).meta({ id: 'ArgmaxRule' }),
    z
      .strictObject({
        kind: z.literal('threshold'),
        value: z.number().min(-1e300).max(1e300),
        positive: z
          .string()
          .optional()
          .describe('The class that is predicted from the value on; default: the last class'),
      })
      .meta({ id: 'ThresholdRule' }),
  ])
  .describe(
    'argmax: the largest score, ties to the earlier class. threshold (two classes): the positive score is at least value',
  );

export const weightsSchema = z
  .union(
    [
      z.enum(['raw', 'sign']),
      z.strictObject({ clip: z.number().gt(0).lt(1) }),
      z.strictObject({ top: z.int().min(1), rest: z.number().min(-1).max(0).default(0) }),
    ],
    {
      error: 'expected raw, sign, {"clip": a share above 0 and below 1} or {"top": a count, "rest": -1 to 0}',
    },
  )
  .describe(
    'How contributions are reshaped before they are summed. raw: not. sign: 1, 0 or -1. clip: sizes above this quantile over the rows are cut to it. top: 1 for so many largest, rest for the others',
  );

const partitionsSchema = z
  .strictObject({
    count: z.int().min(1).max(1000),
    threat: z
      .enum(['labels', 'rows'])
      .describe('labels: guards against changed labels. rows: against inserted, deleted and rewritten rows'),
  })
  .describe(
    'An ensemble for method partition: rows are dealt to so many parts by a hash, one classifier each, which vote',
  );

const randomFourierSchema = z
  .strictObject({
    components: z.int().min(1).max(100_000).default(2000),
    scale: z
      .number()
      .positive()
      .default(1)
      .describe('Kernel bandwidth as a multiple of the median distance between rows'),
    seed: z
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(1),
  })
  .describe('Random Fourier features of a Gaussian kernel');

export const settingsSchema = z
  .strictObject({
    centre: z.boolean().default(true).describe('Subtract the column means of the training rows'),
    intercept: z.boolean().default(false).describe('Add an unpenalised intercept; needs centre'),
    lambda: lambdaSchema.prefault({ relative: 1 }),
    rule: ruleSchema.prefault({ kind: 'argmax' }),
    noise: noiseSchema.prefault({ q: 0.2 }),
    weights: weightsSchema.default('raw'),
    partitions: partitionsSchema.nullable().default(null),
    features: z
      .strictObject({
        standardise: z
          .boolean()
          .optional()
          .describe('Default: true for tables, false for ready-made features'),
        unitNorm: z.boolean().default(false).describe('Scale every encoded row to Euclidean norm 1'),
        randomFourier: randomFourierSchema.nullable().default(null),
      })
      .prefault({}),
  })
  .refine(({ centre, intercept }) => centre || !intercept, {
    path: ['intercept'],
    message: 'an intercept needs centre: true',
  })
  .meta({
    id: 'Settings',
    description:
      'All label-free: choose them without looking at the training labels, or the guarantee is void',
  });

/** The settings of a registered model: every default filled in, lambda absolute too. */
export const effectiveSettingsSchema = z.object({
  centre: z.boolean(),
  intercept: z.boolean(),
  lambda: z.object({ relative: z.number().optional(), absolute: z.number().describe('The lambda in use') }),
  rule: z.union([
    z.object({ kind: z.literal('argmax') }),
    z.object({ kind: z.literal('threshold'), value: z.number(), positive: z.string() }),
  ]),
  noise: z.object({ q: z.number() }),
  weights: z.union([
    z.enum(['raw', 'sign']),
    z.object({ clip: z.number() }),
    z.object({ top: z.int(), rest: z.number() }),
  ]),
  partitions: z.object({ count: z.int(), threat: z.enum(['labels', 'rows']) }).nullable(),
  features: z.object({
    standardise: z.boolean(),
    unitNorm: z.boolean(),
    randomFourier: z.object({ components: z.int(), scale: z.number(), seed: z.int() }).nullable(),
  }),
});

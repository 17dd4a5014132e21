import { z } from 'zod';
import {
  EXAMPLE_CERTIFIED,
  EXAMPLE_EXACT_REQUEST,
  EXAMPLE_EXPLAINED_REQUEST,
  EXAMPLE_SMOOTHED_REQUEST,
} from './examples.ts';
import { modelName, modelRefSchema, strings } from './models.ts';
import { BODY_PROBLEMS, errorCodeSchema, problems } from './problem.ts';
import { noiseSchema } from './settings.ts';

/** Instances are checked one by one as they are certified, so that a bad one does not spoil its batch. */
const instances = z
  .array(z.unknown())
  .min(1)
  .meta({
    description:
      'Records with the columns of the training table (null where a value is missing; the target and ignored columns may be there), or arrays of numbers for ready-made features',
    items: {
      anyOf: [
        { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } },
        { type: 'array', items: { type: 'number' } },
      ],
    },
  });

/** Entries of an explanation that can be asked for: columns, or training rows. */
const count = z.int().min(1).max(10_000);

const explainSchema = z
  .strictObject({
    breakingSet: z.boolean().default(false).describe('Label changes that do change the prediction'),
    radius: z
      .boolean()
      .default(false)
      .describe(
        'How far the features may move, after the feature map, before the prediction changes. Needs weights raw',
      ),
    reasons: count
      .optional()
      .describe(
        'So many columns, those that contribute most to the margin. Needs weights raw, no unitNorm and no randomFourier',
      ),
    influentialRows: count
      .optional()
      .describe('So many training rows, those whose labels add most to the margin'),
    invariantTo: strings(
      '1 to 16 columns by name (ready-made features by number): does the prediction stay whatever their values? Needs what reasons need',
    )
      .refine(({ length }) => length >= 1 && length <= 16, 'expected 1 to 16 columns')
      .refine((names) => new Set(names).size === names.length, 'a column is named twice')
      .optional(),
  })
  .meta({
    description:
      'For method exact. Instances x entries of their explanations (rows of the training set for breakingSet) may be at most 2,000,000',
  });

export const certifyRequestSchema = z
  .strictObject({
    model: modelName,
    version: z.int().min(1).optional().describe('Default: the latest'),
    instances,
    method: z
      .enum(['exact', 'smoothed'])
      .default('exact')
      .describe('exact: the ridge classifier itself. smoothed: its majority over label noise'),
    noise: noiseSchema.optional().describe('For smoothed; default: the noise in the settings of the model'),
    require: z
      .strictObject({ flips: z.int().min(0) })
      .optional()
      .describe('outcome is accept when certified for at least so many flips, else refer (to a human)'),
    explain: explainSchema.optional(),
  })
  .superRefine((body, context) => {
    for (const [name, asked] of Object.entries(body.explain ?? {})) {
      if (body.method === 'exact' || asked === false || asked === undefined) continue;
      context.addIssue({ code: 'custom', path: ['explain', name], message: 'needs method exact' });
    }
    if (body.method === 'exact' && body.noise !== undefined) {
      context.addIssue({ code: 'custom', path: ['noise'], message: 'needs method smoothed' });
    }
  })
  .meta({
    'x-examples': {
      exact: { summary: 'What would it take to turn this decision?', value: EXAMPLE_EXACT_REQUEST },
      explained: {
        summary: 'Why this decision, and would another value change it?',
        value: EXAMPLE_EXPLAINED_REQUEST,
      },
      smoothed: { summary: 'Accept only what survives five flips', value: EXAMPLE_SMOOTHED_REQUEST },
    },
  });

const common = {
  flips: z.int().describe('However at most so many training labels are changed, this prediction is the same'),
  fraction: z.number().describe('flips / rows'),
  guarantee: z.literal('deterministic'),
};

const exactCertificateSchema = z
  .object({
    ...common,
    breaksWith: z.int().nullable().describe('A real attack of this size exists; null when unbreakable'),
    unbreakable: z.boolean().describe('No change of labels at all changes this prediction'),
  })
  .meta({ id: 'ExactCertificate' });

const smoothedCertificateSchema = z
  .object({
    ...common,
    q: z.number().describe('The label noise used'),
    by: z
      .enum(['kl', 'neyman-pearson', 'linear'])
      .describe('Which certificate gave flips; the more general where two agree'),
    klFlips: z.int().describe('Kullback-Leibler: the certificate of the 2020 paper'),
    neymanPearsonFlips: z
      .int()
      .describe('Neyman-Pearson: tight for any classifier with this failure probability'),
    linearFlips: z.int().describe('Linear: uses that the scores are linear in the labels'),
    logFailure: z
      .number()
      .nullable()
      .describe(
        'Upper bound on the natural logarithm of the failure probability against the closest rival; null: impossible',
      ),
  })
  .meta({ id: 'SmoothedCertificate' });

const cell = z.union([z.string(), z.number(), z.boolean()]).nullable();
const distance = z.number().nullable();

const explanationSchema = z
  .object({
    breakingSet: z
      .array(z.object({ row: z.int(), from: z.string(), to: z.string() }))
      .nullable()
      .optional()
      .describe('Rows counted from 0 in the order of registration; null when unbreakable'),
    radius: z
      .object({ l2: distance, linf: distance })
      .optional()
      .describe(
        'However the feature vector moves by at most so much, in Euclidean (l2) or maximum (linf) norm, the prediction is the same; null: infinite',
      ),
    reasons: z
      .array(z.object({ column: z.string(), contribution: z.number() }))
      .optional()
      .describe(
        'What each column adds to the margin against the runner-up, compared with a row of training means; largest size first',
      ),
    baseline: z
      .number()
      .optional()
      .describe('Margin of the row of training means: with the contributions of all columns, the margin'),
    influentialRows: z
      .array(z.object({ row: z.int(), label: z.string(), contribution: z.number() }))
      .optional()
      .describe(
        'What the label of each row adds to the margin against the runner-up; largest first, and only rows that do add to it',
      ),
    invariance: z
      .object({
        columns: z.array(z.string()),
        invariant: z
          .boolean()
          .describe(
            'true is proven: the prediction stays whatever values these columns take. Values: the levels or the range seen in training, a missing value if training had one, and those of the instance',
          ),
        counterfactual: z
          .record(z.string(), cell)
          .optional()
          .describe(
            'The nearest values with which the prediction is another, tried: the fewest columns, then the smallest moves of numbers. Left out when none is found, for a lead within rounding of a tie',
          ),
        prediction: z.string().optional().describe('The prediction with the counterfactual'),
      })
      .optional(),
  })
  .meta({ id: 'Explanation' });

const certifiedSchema = z
  .object({
    prediction: z.string().nullable().describe('Null when the smoothed classifier abstains'),
    abstained: z.boolean(),
    scores: z.record(z.string(), z.number()).describe('Score of each class, of the classifier without noise'),
    margin: z
      .number()
      .nullable()
      .describe(
        'Lead of the predicted score over the runner-up (argmax), or over the threshold; null when abstained',
      ),
    certificate: z.union([exactCertificateSchema, smoothedCertificateSchema]).nullable(),
    outcome: z.enum(['accept', 'refer']).optional(),
    warnings: z.array(z.string()).optional(),
    explanation: explanationSchema.optional(),
  })
  .meta({ id: 'CertifiedPrediction' });

const refusedSchema = z
  .object({ error: z.object({ code: errorCodeSchema, detail: z.string() }) })
  .meta({ id: 'RefusedInstance', description: 'This instance could not be certified; the others were' });

export const certifyResponseSchema = z
  .object({
    model: modelRefSchema,
    method: z.enum(['exact', 'smoothed']),
    classifier: z.enum(['ridge', 'smoothed']).describe('The classifier that the certificates speak about'),
    results: z
      .array(z.union([certifiedSchema, refusedSchema]))
      .describe('One for each instance, in their order'),
  })
  .meta({ description: 'Certified', examples: [EXAMPLE_CERTIFIED] });

export const certifySchema = {
  tags: ['certify'],
  operationId: 'certify',
  summary: 'Predictions with the number of training-label flips that each provably survives',
  body: certifyRequestSchema,
  response: {
    200: certifyResponseSchema,
    ...problems({
      ...BODY_PROBLEMS,
      model_not_found: "there is no model 'loans'",
      version_not_found: "model 'loans' has no version 7",
      too_many_instances: 'a request may have at most 10000 instances (SURETY_MAX_INSTANCES), got 10001',
      invalid_instances: 'none of the 2 instances could be certified',
      invalid_settings: 'noise.q: expected 0 < q < 1/2 for 2 classes, got 0.6',
      unknown_column: "explain.invariantTo: 'sex' is not a column of the model",
      not_linear:
        'explain.reasons: with setting features.randomFourier the scores are not a sum over the columns',
      too_many_features:
        'explain: 3000 classes x 4096 features are more than the 8000000 coefficients that are kept for radius, reasons and invariantTo',
      not_ready: "model 'loans' version 2 is being loaded",
      model_damaged: "model 'loans' version 2 failed its integrity check",
    }),
  },
};

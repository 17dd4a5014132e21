import { z } from 'zod';
import {
  EXAMPLE_CERTIFIED,
  EXAMPLE_EXACT_REQUEST,
  EXAMPLE_PARTITION_REQUEST,
  EXAMPLE_SMOOTHED_REQUEST,
} from './examples.ts';
import { modelName, modelRefSchema } from './models.ts';
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

const METHODS = ['exact', 'smoothed', 'partition'] as const;

export const certifyRequestSchema = z
  .strictObject({
    model: modelName,
    version: z.int().min(1).optional().describe('Default: the latest'),
    instances,
    method: z
      .enum(METHODS)
      .default('exact')
      .describe(
        'exact: the ridge classifier itself. smoothed: its majority over label noise. partition: the plurality vote of the ensemble in settings.partitions of the model',
      ),
    noise: noiseSchema.optional().describe('For smoothed; default: the noise in the settings of the model'),
    require: z
      .strictObject({ flips: z.int().min(0) })
      .optional()
      .describe('outcome is accept when certified for at least so many flips, else refer (to a human)'),
    explain: z
      .strictObject({
        breakingSet: z
          .boolean()
          .default(false)
          .describe(
            'exact only: label changes that do change the prediction. Instances x training rows may be at most 2,000,000',
          ),
      })
      .optional(),
  })
  .superRefine((body, context) => {
    const exactOnly = body.method !== 'exact' && body.explain?.breakingSet;
    if (exactOnly) {
      context.addIssue({ code: 'custom', path: ['explain', 'breakingSet'], message: 'needs method exact' });
    }
    if (body.method !== 'smoothed' && body.noise !== undefined) {
      context.addIssue({ code: 'custom', path: ['noise'], message: 'needs method smoothed' });
    }
  })
  .meta({
    'x-examples': {
      exact: { summary: 'What would it take to turn this decision?', value: EXAMPLE_EXACT_REQUEST },
      smoothed: { summary: 'Accept only what survives five flips', value: EXAMPLE_SMOOTHED_REQUEST },
      partition: { summary: 'The vote of five parts of the data', value: EXAMPLE_PARTITION_REQUEST },
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

const votingSchema = z.object({
  ...common,
  partitions: z.int().describe('The number of classifiers that vote'),
  votes: z.record(z.string(), z.int()).describe('Of each class'),
});

const partitionCertificateSchema = z
  .discriminatedUnion('threat', [
    votingSchema.extend({
      threat: z.literal('labels'),
      blackBoxFlips: z
        .int()
        .describe('When a changed label may turn the vote of its partition into anything'),
      whiteBoxFlips: z
        .int()
        .describe(
          'By the flips that each vote takes to move: exact for two classes, else possibly more survive',
        ),
    }),
    votingSchema.extend({
      threat: z.literal('rows'),
      insertionsOrDeletions: z
        .int()
        .describe('However at most so many rows are inserted or deleted, this prediction is the same'),
      rewrittenRows: z.int().describe('Each counts as one deletion and one insertion'),
    }),
  ])
  .meta({ id: 'PartitionCertificate' });

const certifiedSchema = z
  .object({
    prediction: z.string().nullable().describe('Null when the smoothed classifier abstains'),
    abstained: z.boolean(),
    scores: z
      .record(z.string(), z.number())
      .describe('Score of each class, of the classifier without noise; votes of an ensemble'),
    margin: z
      .number()
      .nullable()
      .describe(
        'Lead of the predicted score over the runner-up (argmax, or votes), or over the threshold; null when abstained',
      ),
    certificate: z
      .union([exactCertificateSchema, smoothedCertificateSchema, partitionCertificateSchema])
      .nullable(),
    outcome: z.enum(['accept', 'refer']).optional(),
    warnings: z.array(z.string()).optional(),
    explanation: z
      .object({
        breakingSet: z
          .array(z.object({ row: z.int(), from: z.string(), to: z.string() }))
          .nullable()
          .optional()
          .describe('Rows counted from 0 in the order of registration; null when unbreakable'),
      })
      .optional(),
  })
  .meta({ id: 'CertifiedPrediction' });

const refusedSchema = z
  .object({ error: z.object({ code: errorCodeSchema, detail: z.string() }) })
  .meta({ id: 'RefusedInstance', description: 'This instance could not be certified; the others were' });

export const certifyResponseSchema = z
  .object({
    model: modelRefSchema,
    method: z.enum(METHODS),
    classifier: z
      .enum(['ridge', 'smoothed', 'ensemble'])
      .describe('The classifier that the certificates speak about'),
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
      not_ready: "model 'loans' version 2 is being loaded",
      model_damaged: "model 'loans' version 2 failed its integrity check",
    }),
  },
};

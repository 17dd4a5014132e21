import { z } from 'zod';
import { CLASSIFIERS, isNoisy, METHOD_NAMES } from '../src/verdict/methods.ts';
import { certificateSchema } from './certificates.ts';
import {
  EXAMPLE_CERTIFIED,
  EXAMPLE_EXACT_REQUEST,
  EXAMPLE_EXPLAINED_REQUEST,
  EXAMPLE_MONTE_CARLO_REQUEST,
  EXAMPLE_PARTITION_REQUEST,
  EXAMPLE_SMOOTHED_REQUEST,
  EXAMPLE_THREAT_REQUEST,
  EXAMPLES_NEED,
} from './examples.ts';
import { explainSchema, explanationSchema } from './explain.ts';
import { modelName, modelRefSchema } from './models.ts';
import { BODY_PROBLEMS, errorCodeSchema, problems, WORK_PROBLEMS } from './problem.ts';
import { noiseSchema } from './settings.ts';
import { askedThreatSchema, threatAnswerSchema } from './threat.ts';

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

const monteCarloSchema = z
  .strictObject({
    samples: z.int().min(100).max(1_000_000).default(10_000),
    confidence: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.999)
      .describe('A certificate fails with a probability of at most 1 - confidence over the samples'),
    seed: z
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(1)
      .describe('The same seed gives the same votes on any machine'),
  })
  .describe(
    'For monte-carlo: label vectors to draw, after a tenth as many (100 to 1,000) that pick the class',
  );

export const MONTE_CARLO_DEFAULTS = monteCarloSchema.parse({});

export const certifyRequestSchema = z
  .strictObject({
    model: modelName,
    version: z.int().min(1).optional().describe('Default: the latest'),
    instances,
    method: z
      .enum(METHOD_NAMES)
      .default('exact')
      .describe(
        'exact: the ridge classifier itself. smoothed: its majority over label noise, by proven bounds. monte-carlo: the same by sampling. partition: the plurality vote of the ensemble in settings.partitions of the model',
      ),
    noise: noiseSchema
      .optional()
      .describe('For smoothed and monte-carlo; default: the noise in the settings of the model'),
    monteCarlo: monteCarloSchema.optional(),
    threat: askedThreatSchema.optional(),
    require: z
      .strictObject({ flips: z.int().min(0) })
      .optional()
      .describe(
        'outcome is accept when certified for at least so many flips, or for all that are possible, else refer (to a human)',
      ),
    explain: explainSchema.optional(),
  })
  .superRefine((body, context) => {
    const misfit = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    for (const [name, asked] of Object.entries(body.explain ?? {})) {
      if (body.method === 'exact' || asked === false || asked === undefined) continue;
      misfit(['explain', name], 'needs method exact');
    }
    if (!isNoisy(body.method) && body.noise !== undefined) {
      misfit(['noise'], 'needs method smoothed or monte-carlo');
    }
    if (body.method !== 'monte-carlo' && body.monteCarlo !== undefined) {
      misfit(['monteCarlo'], 'needs method monte-carlo');
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
      monteCarlo: {
        summary: 'The smoothed classifier by sampling, replayable from its seed',
        value: EXAMPLE_MONTE_CARLO_REQUEST,
      },
      threat: {
        summary: 'What if only one group of labels were suspect?',
        value: EXAMPLE_THREAT_REQUEST,
      },
      partition: { summary: 'The vote of five parts of the data', value: EXAMPLE_PARTITION_REQUEST },
    },
  });

const certifiedSchema = z
  .object({
    status: z.literal('certified').describe('Answered, if only with an abstention'),
    prediction: z.string().nullable().describe('Null when the smoothed classifier abstains'),
    abstained: z.boolean().describe('Whether nothing could be certified, so that nothing is predicted'),
    scores: z
      .record(z.string(), z.number())
      .describe('Score of each class, of the classifier without noise; votes of an ensemble'),
    margin: z
      .number()
      .nullable()
      .describe(
        'Lead of the predicted score over the runner-up (argmax, or votes), or over the threshold; null when abstained',
      ),
    certificate: certificateSchema.nullable().describe('Null when abstained'),
    outcome: z
      .enum(['accept', 'refer'])
      .optional()
      .describe('What require asks for: accept, or refer to a human; refer when abstained'),
    warnings: z
      .array(z.string())
      .optional()
      .describe(
        'About the instance: values that training had not seen, or missing ones; and what its explanation leaves out',
      ),
    explanation: explanationSchema.optional(),
  })
  .meta({ id: 'CertifiedPrediction' });

const refusedSchema = z
  .object({
    status: z.literal('refused'),
    error: z.object({ code: errorCodeSchema, detail: z.string() }),
  })
  .meta({ id: 'RefusedInstance', description: 'This instance could not be certified; the others were' });

const resultSchema = z
  .discriminatedUnion('status', [certifiedSchema, refusedSchema])
  .meta({ id: 'CertifyResult' });

export const certifyResponseSchema = z
  .object({
    model: modelRefSchema,
    method: z.enum(METHOD_NAMES),
    classifier: z.enum(CLASSIFIERS).describe('The classifier that the certificates speak about'),
    threat: threatAnswerSchema.optional(),
    results: z.array(resultSchema).describe('One for each instance, in their order'),
  })
  .meta({ description: 'Certified', examples: [EXAMPLE_CERTIFIED] });

export const certifySchema = {
  tags: ['certify'],
  operationId: 'certify',
  summary: 'Predictions with the number of training-label flips that each provably survives',
  description: EXAMPLES_NEED,
  body: certifyRequestSchema,
  response: {
    200: certifyResponseSchema,
    ...problems({
      ...BODY_PROBLEMS,
      model_not_found:
        "there is no model 'loans'; GET /models lists those that are there, POST /models registers one",
      version_not_found: "model 'loans' has no version 7",
      too_many_instances: 'a request may have at most 10000 instances (SURETY_MAX_INSTANCES), got 10001',
      too_much_work:
        'the request takes about 6.8e+11 multiply-adds, at most 5.0e+11 may be asked for at once (SURETY_MAX_WORK); ask for fewer instances, samples or explanations at a time',
      invalid_instances: 'none of the 2 instances could be certified',
      invalid_settings: 'noise.q: expected 0 < q < 1/2 for 2 classes, got 0.6',
      invalid_threat: "/threat/rows/and/0/column: the model has no column 'colour'",
      unknown_column: "explain.invariantTo: 'sex' is not a column of the model",
      not_linear:
        'explain.reasons: with setting features.randomFourier the scores are not a sum over the columns',
      too_many_features:
        'explain: 3000 classes x 4096 features are more than the 8000000 coefficients that are kept for radius, reasons and invariantTo',
      ...WORK_PROBLEMS,
    }),
  },
};

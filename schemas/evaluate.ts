import type { Readable } from 'node:stream';
import { z } from 'zod';
import { isNoisy } from '../src/verdict/methods.ts';
import { certifyRequestSchema, certifyResponseSchema } from './certify.ts';
import { EXAMPLES_NEED } from './examples.ts';
import {
  EXAMPLE_COMPARE_REQUEST,
  EXAMPLE_EVALUATE_REQUEST,
  EXAMPLE_EVALUATED,
  EXAMPLE_EVENTS,
  EXAMPLE_FIGURE,
  EXAMPLE_SWEEP_REQUEST,
} from './examples-evaluate.ts';
import { modelRefSchema } from './models.ts';
import { BODY_PROBLEMS, problems, WORK_PROBLEMS } from './problem.ts';
import { lambdaSchema, weightsSchema } from './settings.ts';
import { threatAnswerSchema } from './threat.ts';

const { model, version, instances, method, noise, monteCarlo, threat } = certifyRequestSchema.shape;

/** Labels are checked one by one with the classes of the model. */
const labels = z.array(z.unknown()).meta({
  description: 'The true class of each instance',
  items: { type: ['string', 'number', 'boolean'] },
});

const comparedSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[^\p{Cc}\p{Cs}\p{Cn}]{1,100}$/u, 'expected 1 to 100 printable characters')
      .optional()
      .describe('How the answer and the figure call it; default: its method and what is varied'),
    method: method.unwrap().optional().describe('Default: the method of the request'),
    noise: noise.describe('For smoothed and monte-carlo; default: that of the request, else of the model'),
    lambda: lambdaSchema
      .optional()
      .describe('Default: that of the model; the features are factored anew. Not for partition'),
    weights: weightsSchema.optional().describe('Default: those of the model'),
  })
  .meta({ id: 'ComparedEvaluation' });

export const evaluateRequestSchema = z
  .strictObject({
    model,
    version,
    instances,
    labels,
    method,
    noise,
    monteCarlo,
    threat,
    compare: z
      .array(comparedSchema)
      .min(1)
      .max(20)
      .optional()
      .describe(
        'Several evaluations at once; entries inherit method and noise. Default: one, of the method above',
      ),
  })
  .superRefine((body, context) => {
    const evaluations = body.compare ?? [{}];
    const methods = evaluations.map((one) => one.method ?? body.method);
    const issue = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    if (body.noise !== undefined && !methods.some(isNoisy)) {
      issue(['noise'], 'needs method smoothed or monte-carlo');
    }
    if (body.monteCarlo !== undefined && !methods.includes('monte-carlo')) {
      issue(['monteCarlo'], 'needs method monte-carlo');
    }
    const names = new Set<string>();
    for (const [k, { name, method: own = body.method, noise: ownNoise }] of evaluations.entries()) {
      if (ownNoise !== undefined && !isNoisy(own)) {
        issue(['compare', k, 'noise'], 'needs method smoothed or monte-carlo');
      }
      if (name === undefined) continue;
      if (names.has(name)) issue(['compare', k, 'name'], 'another evaluation has this name');
      names.add(name);
    }
  })
  .meta({
    'x-examples': {
      plain: { summary: 'Certified accuracy of a model', value: EXAMPLE_EVALUATE_REQUEST },
      compare: { summary: 'The methods beside each other', value: EXAMPLE_COMPARE_REQUEST },
      sweep: { summary: 'The same model with other lambdas and weights', value: EXAMPLE_SWEEP_REQUEST },
    },
  });

const share = (description: string) => z.number().min(0).max(1).describe(description);
const flips = z.int().min(0);
const certifiedAccuracy = share('Share of the test rows predicted correctly and certified for so many flips');

const certifiedBalancedAccuracy = share('The same as the mean over the classes, which weigh alike');
const recall = z.number().min(0).max(1).nullable();

const evaluationSchema = z
  .object({
    name: z.string(),
    method: method.unwrap(),
    classifier: certifyResponseSchema.shape.classifier,
    cleanAccuracy: share('Share of the test rows predicted correctly'),
    balancedAccuracy: share('Mean over the classes with test rows of their recall'),
    auc: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .describe(
        'Area under the ROC curve of the scores: of two classes that of the last one; of more, the mean of each against the rest. Null: the test set has one class only, or more than 10,000,000 scores',
      ),
    medianFlips: z
      .number()
      .describe('Median certificate over all test rows; wrong predictions and abstentions count as -1'),
    ceilingMedianFlips: z
      .number()
      .nullable()
      .describe(
        'Median of what any learner that treats classes alike could certify at most, where this one is right; null: no such ceiling',
      ),
    abstentions: z.int().describe('Test rows without a prediction'),
    mostGivenAnswer: z
      .object({ class: z.string().nullable(), share: share('Of the test rows') })
      .describe('Class null: no prediction was given'),
    perClass: z
      .array(
        z.object({
          class: z.string(),
          rows: z.int().describe('Test rows of the class'),
          recall: recall.describe('Share of them that are predicted correctly; null: there are none'),
          certifiedRecall: z
            .array(z.object({ percent: z.int(), flips, recall }))
            .describe('Share of them that are correct and certified, at the percents of `at`'),
        }),
      )
      .describe('In the order of the classes'),
    warnings: z
      .array(
        z.object({
          code: z.enum(['not_above_most_frequent', 'nearly_constant', 'class_of_few_rows']),
          detail: z.string(),
        }),
      )
      .describe('What a reader of these figures should know'),
    at: z
      .array(z.object({ percent: z.int(), flips, certifiedAccuracy, certifiedBalancedAccuracy }))
      .describe('At 1, 2, 4, 8 and 16 percent of the training rows'),
    curve: z
      .array(z.object({ flips, certifiedAccuracy, certifiedBalancedAccuracy }))
      .describe(
        'At some 200 evenly spaced numbers of flips, from 0 to one past the largest certificate; each value is exact',
      ),
  })
  .meta({ id: 'Evaluation' });

export const evaluateResponseSchema = z
  .object({
    model: modelRefSchema,
    rows: z.int().describe('Test rows'),
    majorityAccuracy: share("Accuracy of always predicting the training set's most frequent class"),
    evaluations: z.array(evaluationSchema),
    threat: threatAnswerSchema.optional(),
    undefended: z
      .object({
        curve: z.array(
          z.object({
            flips,
            accuracy: share('Accuracy when so many labels are changed against each test row'),
          }),
        ),
      })
      .describe(
        'The same features, all but unregularised (relative lambda 1e-6), each test row attacked alone',
      ),
  })
  .meta({ id: 'EvaluationReport' });

/** Text on the wire; a handler sends it as a stream. */
const eventsSchema = z
  .string()
  .describe(
    'Events progress ({"done", "total"}), and at the end result (the JSON answer) or error (problem details)',
  ) as unknown as z.ZodType<Readable>;

export const evaluateSchema = {
  tags: ['evaluate'],
  operationId: 'evaluate',
  summary: 'Certified accuracy on a labelled test set',
  description:
    'As JSON, as a figure (`Accept: image/svg+xml`), or with progress (`Accept: text/event-stream`). The labels must be ones that the adversary cannot touch, never those of the training rows. ' +
    EXAMPLES_NEED,
  body: evaluateRequestSchema,
  response: {
    200: {
      description: 'Evaluated',
      content: {
        'application/json': {
          schema: evaluateResponseSchema,
          examples: { plain: { value: EXAMPLE_EVALUATED } },
        },
        'image/svg+xml': {
          schema: z.string().describe('Certified accuracy by the number of changed labels'),
          examples: { figure: { value: EXAMPLE_FIGURE } },
        },
        'text/event-stream': {
          schema: eventsSchema,
          examples: { events: { value: EXAMPLE_EVENTS } },
        },
      },
    },
    ...problems({
      ...BODY_PROBLEMS,
      model_not_found:
        "there is no model 'loans'; GET /models lists those that are there, POST /models registers one",
      version_not_found: "model 'loans' has no version 7",
      too_many_instances:
        'an evaluation may have at most 100000 instances (10 x SURETY_MAX_INSTANCES), got 100001',
      too_much_work:
        'the request takes about 6.8e+12 multiply-adds, at most 5.0e+12 may be asked for at once (SURETY_MAX_WORK); ask for fewer instances, samples or explanations at a time',
      row_length: 'labels: expected 200, one an instance, got 199',
      unknown_label: 'labels: entry 17: expected one of the 2 classes of the model, got another text',
      invalid_instances: '3 of the 200 instances do not fit the model, so nothing was evaluated',
      no_features: 'the features are constant, so a relative lambda is 0; give an absolute one',
      invalid_settings: 'noise.q: expected 0 < q < 1/2 for 2 classes, got 0.6',
      invalid_threat: "/threat/rows/and/0/column: the model has no column 'colour'",
      ...WORK_PROBLEMS,
    }),
  },
};

import { z } from 'zod';
import {
  EXAMPLE_CERTIFIED_FLIPS,
  EXAMPLE_CERTIFIED_RADIUS,
  EXAMPLE_GAUSSIAN_VOTES,
  EXAMPLE_LABEL_VOTES,
} from './examples.ts';
import { BODY_PROBLEMS, needsScope, problems, SMALL_BODY_PROBLEM, WORK_PROBLEMS } from './problem.ts';

const MAX_VOTES = 1e9;

const gaussianNoiseSchema = z
  .strictObject({ kind: z.literal('gaussian'), sigma: z.number().min(1e-200).max(1e200) })
  .describe('Normal noise of this standard deviation on every coordinate of the input')
  .meta({ id: 'GaussianNoise' });

const labelNoiseSchema = z
  .strictObject({
    kind: z.literal('labels'),
    q: z.number().gt(0).lt(1),
    classes: z.int().min(2).max(MAX_VOTES),
  })
  .describe(
    'Noise on the training labels: each is kept with probability 1 - q, else replaced by one of the others, uniformly; q < (K - 1)/K for K classes',
  )
  .meta({ id: 'LabelNoise' });

const votesOfRequest = z
  .strictObject({
    top: z.int().min(0).max(MAX_VOTES).describe('Votes for the class to be certified'),
    runnerUp: z
      .int()
      .min(0)
      .max(MAX_VOTES)
      .optional()
      .describe('Gaussian noise only: the votes of whichever other class has the most'),
    total: z.int().min(1).max(MAX_VOTES),
  })
  .superRefine(({ top, runnerUp, total }, context) => {
    if (top + (runnerUp ?? 0) > total) {
      context.addIssue({ code: 'custom', path: ['total'], message: 'must be at least top + runnerUp' });
    }
    if (runnerUp !== undefined && runnerUp > top) {
      context.addIssue({ code: 'custom', path: ['runnerUp'], message: 'must be at most top' });
    }
  });

export const votesRequestSchema = z
  .strictObject({
    noise: z.discriminatedUnion('kind', [gaussianNoiseSchema, labelNoiseSchema]),
    votes: votesOfRequest,
    confidence: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.999)
      .describe('The certificate holds with at least this probability over the votes'),
  })
  .superRefine(({ noise, votes }, context) => {
    if (noise.kind === 'labels' && votes.runnerUp !== undefined) {
      context.addIssue({ code: 'custom', path: ['votes', 'runnerUp'], message: 'needs noise gaussian' });
    }
  })
  .meta({
    'x-examples': {
      gaussian: { summary: 'How far may the input move?', value: EXAMPLE_GAUSSIAN_VOTES },
      labels: { summary: 'How many training labels may change?', value: EXAMPLE_LABEL_VOTES },
    },
  });

const abstained = z.boolean().describe('The votes do not prove that the noise elects this class');
const pLower = z.number().describe('Lower bound on the probability of the class (Clopper-Pearson)');

const certifiedRadiusSchema = z
  .object({
    kind: z.literal('gaussian'),
    abstained,
    pLower,
    pUpper: z.number().describe('Upper bound on the probability of every other class'),
    radius: z
      .number()
      .nullable()
      .describe('The input may move less than this far, in l2; null when abstained'),
  })
  .meta({ id: 'CertifiedRadius' });

const certifiedFlipsSchema = z
  .object({
    kind: z.literal('labels'),
    abstained,
    pLower,
    flips: z
      .int()
      .nullable()
      .describe('So many training labels may change, counted to 65,536; null when abstained'),
  })
  .meta({ id: 'CertifiedFlips' });

export const votesSchema = {
  tags: ['votes'],
  operationId: 'votes',
  summary: 'The certificate of a function that its caller smooths, from votes',
  description:
    'Run any function on noisy inputs, or train it on noisy labels, and count its answers. The class to be certified must have been chosen without these votes (by a few runs before), or the confidence is not what it says.',
  body: votesRequestSchema,
  response: {
    200: z.discriminatedUnion('kind', [certifiedRadiusSchema, certifiedFlipsSchema]).meta({
      description: 'Certified: a radius for Gaussian noise, a number of flips for label noise',
      'x-examples': {
        gaussian: { value: EXAMPLE_CERTIFIED_RADIUS },
        labels: { value: EXAMPLE_CERTIFIED_FLIPS },
      },
    }),
    ...problems({
      ...BODY_PROBLEMS,
      ...needsScope('certify'),
      ...SMALL_BODY_PROBLEM,
      overloaded: '32 such requests are waiting already; try again',
      timed_out: WORK_PROBLEMS.timed_out,
      invalid_settings: 'noise.q: expected 0 < q < 1/2 for 2 classes, got 0.6',
    }),
  },
};

import { z } from 'zod';

const common = {
  flips: z
    .int()
    .describe(
      'However at most so many training labels are changed to any of the classes of the model, of those that the threat lets change, this prediction is the same',
    ),
  fraction: z.number().describe('flips divided by the number of training rows'),
};
const deterministic = {
  ...common,
  guarantee: z.literal('deterministic').describe('Holds without exception'),
};

const exactCertificateSchema = z
  .object({
    method: z.literal('exact'),
    ...deterministic,
    breaksWith: z.int().nullable().describe('A real attack of this size exists; null when unbreakable'),
    unbreakable: z
      .boolean()
      .describe('No change of labels at all, of those that the threat lets change, changes this prediction'),
  })
  .meta({ id: 'ExactCertificate' });

const smoothedCertificateSchema = z
  .object({
    method: z.literal('smoothed'),
    ...deterministic,
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

const monteCarloCertificateSchema = z
  .object({
    method: z.literal('monte-carlo'),
    ...common,
    guarantee: z
      .literal('probabilistic')
      .describe('Holds with a probability of at least `confidence`, over the samples'),
    q: z.number().describe('The label noise used'),
    samples: z.int().describe('Label vectors whose votes were counted'),
    confidence: z.number().describe('The certificate holds with at least this probability over the samples'),
    seed: z.int().describe('Of the samples: it gives the same ones again'),
    votes: z
      .record(z.string(), z.int())
      .describe('Samples that elected each class; those too close to call, within rounding, are in none'),
    pLower: z
      .number()
      .describe('Lower bound on the probability that noisy labels elect the prediction, at this confidence'),
  })
  .meta({ id: 'MonteCarloCertificate' });

const votingSchema = z.object({
  method: z.literal('partition'),
  ...deterministic,
  partitions: z.int().describe('The number of classifiers that vote'),
  votes: z.record(z.string(), z.int()).describe('Of each class'),
});

const labelPartitionCertificateSchema = votingSchema
  .extend({
    threat: z.literal('labels').describe('The partitions guard against changed labels'),
    blackBoxFlips: z.int().describe('When a changed label may turn the vote of its partition into anything'),
    whiteBoxFlips: z
      .int()
      .describe(
        'By the flips that each vote takes to move: exact for two classes, else possibly more survive',
      ),
  })
  .meta({ id: 'LabelPartitionCertificate' });

const rowPartitionCertificateSchema = votingSchema
  .extend({
    threat: z.literal('rows').describe('The partitions guard against inserted, deleted and rewritten rows'),
    insertionsOrDeletions: z
      .int()
      .describe('However at most so many rows are inserted or deleted, this prediction is the same'),
    rewrittenRows: z.int().describe('Each counts as one deletion and one insertion'),
  })
  .meta({ id: 'RowPartitionCertificate' });

const partitionCertificateSchema = z
  .discriminatedUnion('threat', [labelPartitionCertificateSchema, rowPartitionCertificateSchema])
  .meta({ id: 'PartitionCertificate' });

/** The certificates of all methods: `method` tells which. */
export const certificateSchema = z
  .discriminatedUnion('method', [
    exactCertificateSchema,
    smoothedCertificateSchema,
    monteCarloCertificateSchema,
    partitionCertificateSchema,
  ])
  .meta({ id: 'Certificate' });

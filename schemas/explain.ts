import { z } from 'zod';
import { stringsOf } from './lists.ts';

/** Entries of an explanation that can be asked for: columns, or training rows. */
const count = z.int().min(1).max(10_000);

/** What `explain` of `POST /certify` asks for. */
export const explainSchema = z
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
    invariantTo: stringsOf(
      '1 to 16 columns by name (ready-made features by number): does the prediction stay whatever their values? Needs what reasons need',
    )
      .refine(({ length }) => length >= 1 && length <= 16, 'expected 1 to 16 columns')
      .refine((names) => new Set(names).size === names.length, 'a column is named twice')
      .optional(),
  })
  .meta({
    description:
      'For method exact. An answer names at most 20,000 training rows: instances x (rows of the training set for breakingSet, and influentialRows) may be no more, unless it is one instance; and at most 2,000,000 columns',
  });

const cell = z.union([z.string(), z.number(), z.boolean()]).nullable();
const distance = z.number().nullable();

/** What it answers. */
export const explanationSchema = z
  .object({
    breakingSet: z
      .array(z.object({ row: z.int(), from: z.string(), to: z.string() }))
      .nullable()
      .optional()
      .describe('Rows counted from 0 in the order of registration; null when unbreakable'),
    radius: z
      .object({
        l2: distance,
        linf: distance,
        proven: z
          .boolean()
          .describe('false: the score is within its rounding of a tie, so nothing is proven, and both are 0'),
      })
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
          .nullable()
          .describe(
            'false: the counterfactual turns it. null: neither proven nor found to turn, for a lead within rounding of a tie. true is proven: the prediction stays whatever values these columns take. Values: the levels or the range seen in training, a missing value if training had one, and those of the instance',
          ),
        counterfactual: z
          .record(z.string(), cell)
          .optional()
          .describe(
            'The nearest values with which the prediction is another, tried: the fewest columns, then the smallest moves of numbers. There when invariant is false',
          ),
        prediction: z.string().optional().describe('The prediction with the counterfactual'),
      })
      .optional(),
  })
  .meta({ id: 'Explanation' });

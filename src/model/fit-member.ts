import { wholeRows } from '../kernel/memory/feature-rows.ts';
import { columnMeans } from '../ridge/column-means.ts';
import type { PartitionRidge } from '../ridge/partition-ridge.ts';
import { RowGram } from '../ridge/row-gram.ts';
import { SharedGram } from '../ridge/shared-gram.ts';
import { absoluteLambda, type RidgeSettings, requireFactor } from './lambda.ts';
import type { Thread } from './thread.ts';

/** The rows of one partition, encoded (rows x width), and how to fit a classifier to them. */
export interface MemberRows {
  readonly features: Float32Array;
  readonly width: number;
  readonly settings: Pick<RidgeSettings, 'centre' | 'lambda'>;
  readonly form: PartitionRidge['form'];
}

/**
 * Fits a ridge classifier to the rows of one partition, in one piece. Throws a SuretyError when lambda does not fit the
 * features. Cost: O(n d^2 + d^3) in primal form, O(n^2 d + n^3) in dual form.
 */
export function fitMember(
  { features, width, settings, form }: MemberRows,
  thread: Thread,
): { means: Float64Array; factor: Float64Array } {
  const own = wholeRows(features, width);
  const means = settings.centre ? columnMeans(own) : new Float64Array(width);
  const gram = form === 'primal' ? SharedGram.make(width, thread.slot + 1) : new RowGram(features, means);
  if (gram instanceof RowGram) gram.add(0, gram.size);
  else gram.add(own, means, { from: 0, to: own.rows, range: [0, width] }, thread);
  const lambda = absoluteLambda(settings.lambda, gram.trace(), width);
  return { means, factor: requireFactor(gram.values, gram.size, lambda) };
}

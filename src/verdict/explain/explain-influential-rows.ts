import { contest } from '../../certify/contest.ts';
import { influentialRows } from '../../certify/influential-rows.ts';
import type { Model } from '../../model/model.ts';
import type { Explanation } from '../certified-prediction.ts';
import { runnerUp } from '../named-prediction.ts';
import type { Explained } from './explained.ts';

/** The `count` training rows whose labels add most to the margin against the runner-up. Cost: O(n). */
export function explainInfluentialRows(
  { rule, classes, labels, workspace }: Model,
  { query, prediction }: Explained,
  count: number,
): Explanation {
  const match = contest(prediction, runnerUp(query.scores.sums, prediction), classes.length, rule);
  const rows = influentialRows(query, match, count, workspace.buckets);
  return {
    influentialRows: rows.map(({ row, contribution }) => ({
      row,
      label: classes[labels[row]!]!,
      contribution,
    })),
  };
}

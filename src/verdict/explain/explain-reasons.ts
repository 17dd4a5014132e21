import { affineLead } from '../../certify/affine.ts';
import { contest } from '../../certify/contest.ts';
import { encodedWidth } from '../../features/column-encoding.ts';
import type { Model } from '../../model/model.ts';
import type { Coefficients } from '../../ridge/coefficients.ts';
import type { Explanation } from '../certified-prediction.ts';
import { runnerUp } from '../named-prediction.ts';
import type { Explained } from './explained.ts';

/**
 * The `count` raw columns that contribute most, by size, to the margin against the runner-up, relative to a row of
 * training means; ties in the order of the columns. `baseline` is the margin of that row: with the contributions of
 * all columns it adds up to the margin. certificates.md section 6. Cost: O(d).
 */
export function explainReasons(
  { map, rule, classes }: Model,
  coefficients: Coefficients,
  { h, prediction, query }: Explained,
  count: number,
): Explanation {
  const { means, trainingMeans } = coefficients;
  const match = contest(prediction, runnerUp(query.scores.sums, prediction), classes.length, rule);
  const { slope, constant } = affineLead(coefficients, match);
  let baseline = constant;
  for (let k = 0; k < slope.length; k++) baseline += slope[k]! * (trainingMeans[k]! - means[k]!);
  const all = map.state.encodings.map((encoding, c) => {
    const from = map.offsets[c]!;
    let contribution = 0;
    for (let k = from; k < from + encodedWidth(encoding); k++) {
      contribution += slope[k]! * (h[k]! - trainingMeans[k]!);
    }
    return { column: encoding.name, contribution };
  });
  const bySize = all.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution)); // stable
  return { reasons: bySize.slice(0, count), baseline };
}

import type { DecisionRule } from '../certify/contest.ts';
import type { Model } from '../model/model.ts';
import type { Verdict } from './certified-prediction.ts';

/**
 * Prediction and scores by name. The margin is the score's distance from the threshold, or the lead over the best
 * rival score; it is of the classifier without noise, and negative where smoothing predicts otherwise.
 */
export function namedPrediction(
  { classes, rule }: Pick<Model, 'classes' | 'rule'>,
  sums: Float64Array,
  prediction: number | null,
): Omit<Verdict, 'certificate'> {
  return {
    prediction: prediction === null ? null : classes[prediction]!,
    abstained: prediction === null,
    scores: Object.fromEntries(classes.map((name, label) => [name, sums[label]!])),
    margin: prediction === null ? null : marginOf(sums, prediction, rule),
  };
}

function marginOf(sums: Float64Array, prediction: number, rule: DecisionRule): number {
  if (rule.kind === 'threshold') {
    const above = sums[rule.positive]! - rule.value;
    return prediction === rule.positive ? above : -above;
  }
  return sums[prediction]! - sums[runnerUp(sums, prediction)]!;
}

/** The class with the largest score but `prediction`; ties to the smaller class. */
export function runnerUp(sums: Float64Array, prediction: number): number {
  let best = prediction === 0 ? 1 : 0;
  for (let label = best + 1; label < sums.length; label++) {
    if (label !== prediction && sums[label]! > sums[best]!) best = label;
  }
  return best;
}

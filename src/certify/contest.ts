/**
 * A contest between the predicted class and one rival: the prediction stands against this rival while the
 * lead D = constant + sum_i weights[y_i] alpha_i is positive (`strict`) or not negative (not `strict`).
 *
 * Both decision rules and any number of classes become this one form (certificates.md sections 1 to 3): under
 * argmax weights are +1 for the predicted class, -1 for the rival, 0 for the others; under a threshold the
 * positive class weighs 1 (predicted) or -1 (not predicted) and the threshold is the constant.
 */
export interface Contest {
  readonly rival: number;
  /** One per class, each -1, 0 or 1, so that products with contributions are exact. */
  readonly weights: Float64Array;
  readonly constant: number;
  readonly strict: boolean;
}

/** How scores become a prediction. Class numbers refer to the model's class list. */
export type DecisionRule =
  | { readonly kind: 'argmax' }
  | { readonly kind: 'threshold'; readonly value: number; readonly positive: number };

/** The contests that `predicted` has to win, one per rival, in the order of the class list. */
export function contestsFor(predicted: number, classes: number, rule: DecisionRule): Contest[] {
  const contests: Contest[] = [];
  for (let rival = 0; rival < classes; rival++) {
    if (rival !== predicted) contests.push(contest(predicted, rival, classes, rule));
  }
  return contests;
}

/** The contest of `predicted` against `rival`; a threshold rule assumes two classes. */
export function contest(predicted: number, rival: number, classes: number, rule: DecisionRule): Contest {
  const weights = new Float64Array(classes);
  if (rule.kind === 'argmax') {
    weights[predicted] = 1;
    weights[rival] = -1;
    return { rival, weights, constant: 0, strict: rival < predicted }; // ties go to the smaller class index
  }
  const accepted = predicted === rule.positive;
  weights[rule.positive] = accepted ? 1 : -1;
  return { rival, weights, constant: accepted ? -rule.value : rule.value, strict: !accepted };
}

import type { AffineScores } from '../../../src/certify/affine.ts';
import type { DecisionRule } from '../../../src/certify/contest.ts';
import { units } from './label-changes.ts';

/** Exact value of an affine score in units of 2^-2148, the product of two smallest subnormals. */
export function exactScore(scores: AffineScores, label: number, h: ArrayLike<number>): bigint {
  const { theta, intercepts, means } = scores;
  let score = units(intercepts[label]!) << 1074n;
  for (let k = 0; k < means.length; k++) {
    score += units(theta[label * means.length + k]!) * (units(h[k]!) - units(means[k]!));
  }
  return score;
}

/** The class that the affine scores elect, in exact arithmetic. */
export function predictAffine(scores: AffineScores, h: ArrayLike<number>, rule: DecisionRule): number {
  const all = Array.from(scores.intercepts, (_, label) => exactScore(scores, label, h));
  if (rule.kind === 'threshold') {
    return all[rule.positive]! >= units(rule.value) << 1074n ? rule.positive : 1 - rule.positive;
  }
  let best = 0;
  for (const [label, score] of all.entries()) if (score > all[best]!) best = label;
  return best;
}

/** The lead of `predicted` over `rival` (or the threshold), exactly, in units of 2^-2148. */
export function exactAffineLead(
  scores: AffineScores,
  h: ArrayLike<number>,
  predicted: number,
  rival: number,
  rule: DecisionRule,
): bigint {
  if (rule.kind === 'argmax') return exactScore(scores, predicted, h) - exactScore(scores, rival, h);
  const above = exactScore(scores, rule.positive, h) - (units(rule.value) << 1074n);
  return predicted === rule.positive ? above : -above;
}

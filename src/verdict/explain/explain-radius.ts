import { radius } from '../../certify/radius.ts';
import type { Model } from '../../model/model.ts';
import type { Coefficients } from '../../ridge/coefficients.ts';
import type { Explanation } from '../certified-prediction.ts';
import type { Explained } from './explained.ts';

/** How far the encoded instance may move with the same prediction; null where it may move anywhere, 0 where nothing is proven. */
export function explainRadius(
  { rule }: Model,
  coefficients: Coefficients,
  { h, prediction }: Explained,
): Explanation {
  const { l2, linf, proven } = radius(coefficients, h, prediction, rule);
  return { radius: { l2: finiteOrNull(l2), linf: finiteOrNull(linf), proven } };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

import { affineLead } from '../../certify/affine.ts';
import { contestsFor } from '../../certify/contest.ts';
import { openLead } from '../../certify/free-columns.ts';
import type { Cell } from '../../features/column.ts';
import type { Model } from '../../model/model.ts';
import type { Coefficients } from '../../ridge/coefficients.ts';
import type { Explanation } from '../certified-prediction.ts';
import type { Explained } from './explained.ts';
import { freeColumn, type NamedColumn, type NamedColumns } from './named-columns.ts';
import { nearestCounterfactual } from './nearest-counterfactual.ts';

/**
 * Whether the prediction stays over every combination of values of the named columns: the domains of `namedColumns`
 * and the instance's own values. If not, the nearest values with which it does not. certificates.md section 6.
 *
 * `invariant: true` is proven, with the lead over every rival at its lower end; `false` is shown, by a counterfactual that
 * has been encoded, scored and predicted as any instance is. In between lies the rounding of the lead: null. Cost: O(K d) and the search of `nearestCounterfactual`.
 */
export function explainInvariance(
  model: Model,
  coefficients: Coefficients,
  { instance, h, prediction }: Explained,
  { names, columns }: NamedColumns,
): Explanation {
  const own = columns.map((column) => ownCell(model, instance, column));
  const free = columns.map((column, c) => freeColumn(column, own[c]!));
  const leads = contestsFor(prediction, model.classes.length, model.rule).map((match) =>
    openLead(affineLead(coefficients, match), h, free),
  );
  const proven = columns.length === 0 || leads.every(({ least, error }) => least > error);
  if (proven) return { invariance: { columns: [...names], invariant: true } };
  const found = nearestCounterfactual(model, { instance, prediction, columns, own }, leads);
  if (found === null) return { invariance: { columns: [...names], invariant: null } };
  return {
    invariance: {
      columns: [...names],
      invariant: false,
      counterfactual: found.values,
      prediction: model.classes[found.prediction]!,
    },
  };
}

/** A value of an instance that has been encoded before, so that it is there and of its column's type. */
function ownCell({ map }: Model, instance: unknown, { encoding: { name } }: NamedColumn): Cell {
  if (map.state.kind === 'vectors') return Math.fround((instance as number[])[Number(name)]!);
  return (instance as Record<string, Cell>)[name]!;
}

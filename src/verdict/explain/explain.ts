import type { Model } from '../../model/model.ts';
import type { Verdict } from '../certified-prediction.ts';
import { checkCoefficients, coefficientsOf } from './coefficients.ts';
import { explainBreakingSet } from './explain-breaking-set.ts';
import { explainInfluentialRows } from './explain-influential-rows.ts';
import { explainInvariance } from './explain-invariance.ts';
import { explainRadius } from './explain-radius.ts';
import { explainReasons } from './explain-reasons.ts';
import type { Explained } from './explained.ts';
import { namedColumns } from './named-columns.ts';
import { requireLinearInColumns, requireLinearInFeatures } from './require-linear.ts';

/** Training rows that the explanations of one answer may name, all of them together. */
export const MAX_NAMED_ROWS = 20_000;

/** What an explanation of an exact certificate may hold; what is not asked for is left out. */
export interface ExplainOptions {
  readonly breakingSet?: boolean | undefined;
  readonly radius?: boolean | undefined;
  /** How many columns. */
  readonly reasons?: number | undefined;
  /** How many training rows. */
  readonly influentialRows?: number | undefined;
  /** Raw columns by name. */
  readonly invariantTo?: readonly string[] | undefined;
}

/** Explains one prediction, with warnings about what is left out. Overwrites the model's workspace. */
export type Explain = (subject: Explained) => Pick<Verdict, 'explanation' | 'warnings'>;

/**
 * Checks what is asked against the model. Throws a SuretyError when the model is not linear in what is asked for, has no
 * such column, or too many coefficients.
 */
export function checkExplain(model: Model, { radius, reasons, invariantTo }: ExplainOptions): void {
  if (radius) requireLinearInFeatures(model, 'radius');
  if (reasons !== undefined) requireLinearInColumns(model, 'reasons');
  if (invariantTo !== undefined) {
    requireLinearInColumns(model, 'invariantTo');
    namedColumns(model, invariantTo);
  }
  if (radius || reasons !== undefined || invariantTo !== undefined) checkCoefficients(model);
}

/** Prepares what all explained predictions share: the coefficients, on their first use. Throws as `checkExplain`. */
export function prepareExplain(model: Model, asked: ExplainOptions): Explain {
  checkExplain(model, asked);
  const { radius, reasons, influentialRows: rows, invariantTo } = asked;
  const columns = invariantTo && namedColumns(model, invariantTo);
  const linear = radius || reasons !== undefined || columns !== undefined;
  const theta = linear ? coefficientsOf(model) : undefined;
  if (Object.values(asked).every((value) => value === undefined || value === false)) return () => ({});
  const most = MAX_NAMED_ROWS - (rows ?? 0);
  return (subject) => {
    const broken = asked.breakingSet ? explainBreakingSet(model, subject, most) : undefined;
    const explanation = {
      ...broken?.explanation,
      ...(theta && radius && explainRadius(model, theta, subject)),
      ...(theta && reasons !== undefined && explainReasons(model, theta, subject, reasons)),
      ...(rows !== undefined && explainInfluentialRows(model, subject, rows)),
      // The last one: it scores other instances in the workspace.
      ...(theta && columns && explainInvariance(model, theta, subject, columns)),
    };
    return { explanation, ...(broken && { warnings: broken.warnings }) };
  };
}

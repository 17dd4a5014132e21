import { SuretyError } from '../../errors.ts';
import type { Model } from '../../model/model.ts';

/** Throws a SuretyError unless the scores are linear in the features: raw contributions only. */
export function requireLinearInFeatures({ settings }: Model, asked: string): void {
  if (settings.weights !== 'raw') {
    throw new SuretyError(
      'not_linear',
      `explain.${asked}: with setting weights other than raw the scores are not linear in the features`,
    );
  }
}

/** Throws a SuretyError unless the scores are a sum over the raw columns: linear, and no feature mixes columns. */
export function requireLinearInColumns(model: Model, asked: string): void {
  requireLinearInFeatures(model, asked);
  const { unitNorm, randomFourier } = model.settings.features;
  if (!unitNorm && randomFourier === null) return;
  const setting = unitNorm ? 'unitNorm' : 'randomFourier';
  throw new SuretyError(
    'not_linear',
    `explain.${asked}: with setting features.${setting} the scores are not a sum over the columns`,
  );
}

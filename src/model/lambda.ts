import { SuretyError } from '../errors.ts';
import { choleskyFactor } from '../ridge/cholesky.ts';
import type { ModelSettings } from './settings.ts';

/** What a fit needs of the settings. */
export type RidgeSettings = Pick<ModelSettings, 'centre' | 'intercept' | 'lambda'>;

/** Throws a SuretyError when it is not a positive number. */
export function absoluteLambda(setting: ModelSettings['lambda'], trace: number, width: number): number {
  const lambda = 'absolute' in setting ? setting.absolute : (setting.relative * trace) / width;
  if (!(lambda > 0)) {
    throw new SuretyError(
      'no_features',
      'the features are constant, so a relative lambda is 0; give an absolute one',
    );
  }
  if (!Number.isFinite(lambda)) {
    throw new SuretyError('invalid_settings', 'lambda: too large for these features, it overflows');
  }
  return lambda;
}

/** `choleskyFactor`, or a SuretyError. */
export function requireFactor(values: Float64Array, size: number, lambda: number): Float64Array {
  const factor = choleskyFactor(values, size, lambda);
  if (factor !== null) return factor;
  throw new SuretyError(
    'invalid_settings',
    "lambda: too small for these features, X'X + lambda I is not positive definite",
  );
}

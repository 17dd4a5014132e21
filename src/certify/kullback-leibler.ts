import { UNIT_ROUNDOFF } from '../kernel/rounding.ts';
import { divergencePerFlip, type LabelNoise } from './label-noise.ts';

/** The largest double below log(1/2). */
export const LOG_HALF = -Math.LN2 * (1 + 2 * UNIT_ROUNDOFF);

/**
 * Kullback-Leibler certificate of a smoothed classifier (Rosenfeld et al. 2020, theorem 1): the number of labels whose change
 * leaves P(failure) below 1/2, given log P(failure) <= logFailure < log(1/2); 0 when the bound is no better than that.
 *
 *     r = floor(-log(4 p (1 - p)) / (2 kappa)),  p = 1 - b
 *
 * certificates.md section 3.3. Guarantee: rounded towards smaller. The three logarithms are each within 2 u of their size and the sum of
 * them loses at most 2 u of the sizes, so the numerator is lowered by 8 u of their total; kappa is taken at its upper end.
 */
export function kullbackLeiblerFlips(logFailure: number, noise: LabelNoise): number {
  if (!(logFailure < LOG_HALF)) return 0;
  const logSuccess = Math.log1p(-Math.exp(logFailure));
  const numerator = -(2 * Math.LN2 + logFailure + logSuccess);
  const slack = 8 * UNIT_ROUNDOFF * (2 * Math.LN2 + Math.abs(logFailure) + Math.abs(logSuccess));
  const ratio = (numerator - slack) / (2 * divergencePerFlip(noise));
  return Math.max(0, Math.floor(ratio * (1 - 4 * UNIT_ROUNDOFF)));
}

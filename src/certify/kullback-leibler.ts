import { UNIT_ROUNDOFF } from '../kernel/rounding.ts';
import { divergencePerFlip, type LabelNoise } from './label-noise.ts';

/** The largest double below log(1/2). */
export const LOG_HALF = -Math.LN2 * (1 + 2 * UNIT_ROUNDOFF);

/**
 * Kullback-Leibler certificate of a smoothed classifier (Rosenfeld et al. 2020, theorem 1): the number of
 * labels whose change leaves P(failure) below 1/2, given log P(failure) <= logFailure < log(1/2); 0 when the
 * bound is no better than that.
 *
 *     r = floor(-log(4 p (1 - p)) / (2 kappa)),  p = 1 - b
 *
 * certificates.md section 3.3. Guarantee: rounded towards smaller. log(4) is within u of its size, log(1 - b)
 * within 6 u of its own (log1p turns the 2 u of exp into at most 2 u / (1 - b) <= 4 u and adds 2 u), adding
 * the three loses at most 2 u of their sizes. So the numerator is lowered by 8 u of the total; kappa is taken
 * at its upper end. NaN and infinity prove nothing: 0.
 */
export function kullbackLeiblerFlips(logFailure: number, noise: LabelNoise): number {
  if (!(logFailure < LOG_HALF)) return 0;
  const logSuccess = Math.log1p(-Math.exp(logFailure));
  const numerator = -(2 * Math.LN2 + logFailure + logSuccess);
  const slack = 8 * UNIT_ROUNDOFF * (2 * Math.LN2 + Math.abs(logFailure) + Math.abs(logSuccess));
  const ratio = (numerator - slack) / (2 * divergencePerFlip(noise));
  const flips = Math.floor(ratio * (1 - 4 * UNIT_ROUNDOFF));
  return Number.isFinite(flips) && flips > 0 ? flips : 0;
}

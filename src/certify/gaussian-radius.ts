import { UNIT_ROUNDOFF } from '../kernel/rounding.ts';
import { clopperPearsonLower, clopperPearsonUpper, complementUp, riskOf } from './clopper-pearson.ts';
import { normalQuantileLower, normalQuantileUpper } from './normal-quantile.ts';

/**
 * Votes of a classifier over copies of one input with Gaussian noise. `runnerUp`: of the class that comes
 * second, if counted.
 */
export interface GaussianVotes {
  readonly top: number;
  readonly runnerUp?: number | undefined;
  readonly total: number;
}

/** What `gaussianRadius` proves; `radius` is null when it abstains. */
export interface GaussianRadius {
  readonly pLower: number;
  readonly pUpper: number;
  readonly radius: number | null;
}

/**
 * Certified l2 radius of a classifier smoothed with Gaussian noise N(0, sigma^2 I), from votes: within it no
 * change of the input changes the class that the noise elects. Cohen, Rosenfeld and Kolter (ICML 2019),
 * theorem 1; certificates.md section 7.
 *
 *     R = sigma (Phi^-1(pA) - Phi^-1(pB)) / 2
 *
 * pA is a lower bound for the top class, pB an upper bound for every other: that of the runner-up, or 1 - pA
 * where that is smaller or no runner-up is given (R is then sigma Phi^-1(pA)).
 *
 * Guarantee: holds with probability at least `confidence` over the votes, if the top class was chosen without
 * them; rounded towards smaller. Abstains unless pA > pB. Assumes sigma from 1e-200 to 1e200; throws a
 * RangeError where the Clopper-Pearson bounds do.
 */
export function gaussianRadius(votes: GaussianVotes, sigma: number, confidence: number): GaussianRadius {
  const { top, runnerUp, total } = votes;
  const risk = riskOf(confidence);
  // With a runner-up two bounds have to hold at once, so each may fail with half of the risk.
  const each = runnerUp === undefined ? risk : risk / 2;
  const pLower = clopperPearsonLower(top, total, each);
  const others = complementUp(pLower);
  const pUpper =
    runnerUp === undefined ? others : Math.min(others, clopperPearsonUpper(runnerUp, total, each));
  if (!(pLower > pUpper)) return { pLower, pUpper, radius: null };
  // The difference and the products are within 3 u. Next to equal bounds the ends may cross: the radius is 0.
  const gap = normalQuantileLower(pLower) - normalQuantileUpper(pUpper);
  return { pLower, pUpper, radius: Math.max(0, (sigma / 2) * gap * (1 - 4 * UNIT_ROUNDOFF)) };
}

import { clopperPearsonLower, riskOf } from '../certify/clopper-pearson.ts';
import { type GaussianVotes, gaussianRadius } from '../certify/gaussian-radius.ts';
import type { LabelNoise } from '../certify/label-noise.ts';
import { logFailure } from '../certify/monte-carlo.ts';
import { checkNoise } from '../model/settings.ts';
import { takingTurns } from '../process/taking-turns.ts';
import { flipsInTurns, neymanPearsonTable } from './neyman-pearson-tables.ts';
import { WaitingLine } from './waiting-line.ts';

/**
 * New thresholds are computed where requests are read, in turns with them: one request at a time, callers take turns, and so
 * many wait.
 */
const line = new WaitingLine(32);

/** As many flips as a table has. */
const ALL_FLIPS = Number.POSITIVE_INFINITY;

/** Certificate of a function smoothed with Gaussian noise on its input. */
export interface CertifiedRadius {
  readonly kind: 'gaussian';
  readonly abstained: boolean;
  readonly pLower: number;
  readonly pUpper: number;
  /** In l2; null when abstained. */
  readonly radius: number | null;
}

/** Certificate of a function smoothed with label noise on its training set. */
export interface CertifiedFlips {
  readonly kind: 'labels';
  readonly abstained: boolean;
  readonly pLower: number;
  /** Null when abstained. */
  readonly flips: number | null;
}

/** Radius from votes over Gaussian noise. Cost: milliseconds, whatever the number of votes. */
export function certifyGaussianVotes(
  votes: GaussianVotes,
  sigma: number,
  confidence: number,
): CertifiedRadius {
  const certificate = gaussianRadius(votes, sigma, confidence);
  return { kind: 'gaussian', abstained: certificate.radius === null, ...certificate };
}

/**
 * Label flips, at most 65,536, from votes over label noise. Throws a SuretyError when q does not fit the
 * number of classes or too many such requests are waiting (of all, or of an account), and the signal's reason when it is aborted. Cost: a second
 * at worst, for a new q next to (K - 1)/K.
 */
export async function certifyLabelVotes(
  votes: { readonly top: number; readonly total: number },
  { q, classes }: LabelNoise,
  confidence: number,
  { account, signal }: { readonly account: string; readonly signal: AbortSignal },
): Promise<CertifiedFlips> {
  const noise = checkNoise(q, classes);
  const kind = 'labels';
  const pLower = clopperPearsonLower(votes.top, votes.total, riskOf(confidence));
  if (!(pLower > 0.5)) return { kind, abstained: true, pLower, flips: null };
  const sought = logFailure(pLower);
  const known = neymanPearsonTable(noise);
  if (known.covers(sought, ALL_FLIPS))
    return { kind, abstained: false, pLower, flips: known.flips(sought, ALL_FLIPS) };
  const compute = () => flipsInTurns(neymanPearsonTable(noise), sought, ALL_FLIPS, takingTurns(signal));
  return { kind, abstained: false, pLower, flips: await line.do(account, compute, signal) };
}

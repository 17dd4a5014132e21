import type { MomentCoefficients } from '../kernel/reference/log-moments.ts';
import { UNIT_ROUNDOFF } from '../kernel/rounding.ts';
import type { Contest } from './contest.ts';

/**
 * Label noise: a label is kept with probability 1 - q, otherwise replaced by one of the K - 1 others,
 * uniformly. certificates.md section 3.
 */
export interface LabelNoise {
  readonly q: number;
  readonly classes: number;
}

/** The error bounds of the log-moments need q' well above what the exponential flushes to 0. */
const LEAST_NOISE = 2 ** -960;

/** Checks 0 < q < (K - 1)/K, beyond which a noisy label says nothing, or the opposite. Throws RangeError. */
export function labelNoise(q: number, classes: number): LabelNoise {
  if (!(q / (classes - 1) >= LEAST_NOISE && q < (classes - 1) / classes)) {
    throw new RangeError(`q: expected 0 < q < ${classes - 1}/${classes} for ${classes} classes, got ${q}`);
  }
  return { q, classes };
}

/**
 * Moment generating functions of the noisy labels in a contest: E exp(-t alpha weights[Y]) for a row labelled
 * y. certificates.md section 3.1, for argmax and threshold alike. Relative error of each coefficient: below 4
 * u.
 */
export function momentCoefficients(noise: LabelNoise, match: Contest): MomentCoefficients {
  const { classes } = noise;
  const other = noise.q / (classes - 1);
  const share = (weight: number) => {
    const count = match.weights.filter((one) => one === weight).length;
    return Float64Array.from({ length: classes }, (_, label) => {
      const own = match.weights[label] === weight;
      return (own ? 1 - noise.q : 0) + other * (count - (own ? 1 : 0));
    });
  };
  return { falling: share(1), rising: share(-1), level: share(0) };
}

/**
 * Kullback-Leibler divergence that changing one label costs, at its upper end: kappa = (1 - q - q') log((1 -
 * q)/q'), q' = q/(K - 1). certificates.md section 3.3.
 *
 * 1 - q - q' carries an absolute error of at most 2 u (three roundings of numbers below 1), so it is raised
 * by 4 u; the logarithm is taken as log1p((1 - q - q')/q') so that it keeps its precision near q = (K - 1)/K.
 * The last factor covers the remaining six roundings.
 */
export function divergencePerFlip(noise: LabelNoise): number {
  const other = noise.q / (noise.classes - 1);
  const gap = 1 - noise.q - other + 4 * UNIT_ROUNDOFF;
  return gap * Math.log1p(gap / other) * (1 + 16 * UNIT_ROUNDOFF);
}

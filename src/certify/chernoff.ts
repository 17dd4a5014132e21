import type { LogMoments } from '../kernel/reference/log-moments.ts';

/** A Chernoff bound: log P(failure) <= logFailure, attained at t. */
export interface ChernoffBound {
  readonly t: number;
  readonly logFailure: number;
}

const MAX_STEPS = 100;
/** The search ends when a step would lower L, a parabola near its minimum, by less than this part of it. */
const GAIN_TOLERANCE = 2 ** -36;
/** Or when it moves t by less than this part: rounding then moves L as much. */
const STEP_TOLERANCE = 1e-7;

/**
 * Minimises the convex L(t) over t > 0 by Newton's method inside a bracket, and returns the smallest upper
 * end L(t) + error met on the way; null when L does not fall at 0 (the mean favours the rival: nothing can be
 * proved). With a `start` > 0, near the minimum, it begins there and takes it for granted that L falls at 0.
 *
 * Guarantee: every t > 0 gives a valid bound (Markov's inequality), so the bound holds wherever the search
 * starts and stops; NaN never becomes a bound. certificates.md section 3.2. `evaluate` writes L, L', L'' and the error
 * at t into the object it returns. Cost: usually four to eight evaluations, two from a good start.
 */
export function chernoffBound(evaluate: (t: number) => LogMoments, start = 0): ChernoffBound | null {
  let t = start;
  if (!(t > 0)) {
    const origin = evaluate(0);
    if (!(origin.slope < 0)) return null;
    t = -origin.slope / origin.curvature;
  }
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let best: ChernoffBound = { t: 0, logFailure: 0 };
  for (let step = 0; step < MAX_STEPS && t > 0 && t < Number.POSITIVE_INFINITY; step++) {
    const { value, slope, curvature, error } = evaluate(t);
    const upper = value + error; // its own rounding is covered: every part of `error` is doubled
    if (!Number.isFinite(upper)) break;
    if (upper < best.logFailure) best = { t, logFailure: upper };
    // Far to the right the slope may underflow to 0 while L rises again by its rounding: the minimum is not
    // beyond.
    if (slope < 0) low = t;
    else high = t;
    const newton = t - slope / curvature;
    const inside = newton > low && newton < high;
    if (inside && (slope * slope) / (2 * curvature) <= GAIN_TOLERANCE * Math.abs(value)) break;
    const next = inside ? newton : high === Number.POSITIVE_INFINITY ? 2 * t : (low + high) / 2;
    if (Math.abs(next - t) <= STEP_TOLERANCE * t) break;
    t = next;
  }
  return best;
}

import { expMinus } from '../kernel/reference/exponential.ts';
import type { LogMoments, MomentCoefficients } from '../kernel/reference/log-moments.ts';
import { log } from '../kernel/reference/logarithm.ts';
import type { ContestCells } from './contest-cells.ts';
import { LOG_HALF } from './kullback-leibler.ts';

/**
 * L(t), L'(t) and L''(t) of a contest, its rows replaced by their cells' means; `error` is 0, since it bounds nothing.
 * Returns the same object each time. Cost: an exp, a log and a division a cell.
 */
export function cellMoments(
  cells: ContestCells,
  { falling, rising, level }: MomentCoefficients,
  constant: number,
): (t: number) => LogMoments {
  const moments: LogMoments = { value: 0, slope: 0, curvature: 0, error: 0 };
  return (t) => {
    moments.value = -t * constant;
    moments.slope = -constant;
    moments.curvature = 0;
    for (let cell = 0; cell < cells.rows.length; cell++) {
      const rows = cells.rows[cell]!;
      const mean = cells.means[cell]!;
      const label = cells.labels[cell]!;
      const distance = Math.abs(mean);
      const decay = expMinus(t * distance);
      const high = mean > 0 ? rising[label]! : falling[label]!;
      const near = high > 0 ? decay : 1;
      const low = (mean > 0 ? falling[label]! : rising[label]!) * (near * decay);
      const moment = high + (level[label]! * near + low);
      const tilt = (distance * (high - low)) / moment;
      moments.value += rows * ((high > 0 ? t * distance : 0) + log(moment));
      moments.slope += rows * tilt;
      moments.curvature += rows * ((distance * distance * (high + low)) / moment - tilt * tilt);
    }
    return moments;
  };
}

/**
 * The flips that the linear certificate would count at t if the rows were their cells' means: not a whole number, so that
 * it has one maximum over t to be searched for. What is left below log(1/2) counts beyond the last gain, and what is
 * missing counts less than 0. certificates.md section 3.5. Cost: an exp, two logs and a division a cell; the cells are
 * nearly in the order of their gains.
 */
export function cellFlips(
  cells: ContestCells,
  { falling, rising, level }: MomentCoefficients,
  constant: number,
): (t: number) => number {
  const gains = new Float64Array(cells.rows.length);
  const weights = new Float64Array(cells.rows.length);
  return (t) => {
    let room = LOG_HALF + t * constant;
    let gaining = 0;
    for (let cell = 0; cell < cells.rows.length; cell++) {
      const rows = cells.rows[cell]!;
      const mean = cells.means[cell]!;
      const label = cells.labels[cell]!;
      const target = cells.targets[cell]!;
      const size = t * Math.abs(mean);
      const decay = expMinus(size);
      const highs = mean > 0 ? rising : falling;
      const lows = mean > 0 ? falling : rising;
      const near = highs[label]! > 0 ? decay : 1;
      const far = near * decay;
      const before = highs[label]! + (level[label]! * near + lows[label]! * far);
      room -= rows * ((highs[label]! > 0 ? size : 0) + log(before));
      if (target === label) continue;
      const after = highs[target]! + (level[target]! * near + lows[target]! * far);
      const gain = log(after / before);
      if (!(gain > 0)) continue;
      let at = gaining++;
      for (; at > 0 && gains[at - 1]! < gain; at--) {
        gains[at] = gains[at - 1]!;
        weights[at] = weights[at - 1]!;
      }
      gains[at] = gain;
      weights[at] = rows;
    }
    if (!(room > 0)) return room;
    let flips = 0;
    for (let at = 0; at < gaining; at++) {
      const cost = weights[at]! * gains[at]!;
      if (cost > room) return flips + room / gains[at]!;
      room -= cost;
      flips += weights[at]!;
    }
    return flips + room;
  };
}

import { upperHalves } from '../kernel/reference/buckets.ts';
import type { Contest } from './contest.ts';
import type { Query } from './query.ts';
import type { ThreatModel } from './threat.ts';
import { worstLabels } from './worst-labels.ts';

/**
 * A contest in so few numbers that a search over t can evaluate it many times: rows that weigh alike in it, before and
 * after their worst allowed change, and whose contributions have the same sign and nearly the same size, are one cell.
 * From the largest contributions to the smallest. It suggests where to look; the rows themselves decide there.
 */
export interface ContestCells {
  /** How many rows, and their mean contribution. */
  readonly rows: Float64Array;
  readonly means: Float64Array;
  /** A label that weighs as theirs do, and one that weighs as what they change into; the same where nothing hurts. */
  readonly labels: Int32Array;
  readonly targets: Int32Array;
}

/** Below so many rows a cell would hold a row or two, and a search on the rows costs no more. */
const LEAST_ROWS = 256;
/** The upper half of a double, shifted so far, is its sign, its exponent and the 2 leading bits of its fraction. */
const SHIFT = 18;
/** Sizes: 32 octaves below the largest contribution, 4 a piece; whatever is smaller still shares the last. */
const SIZES = 128;
/** Pairs of weights before and after a change, each -1, 0 or 1, by the sign of the contribution. */
const KINDS = 18;

/** The cells of a contest; null where they are not worth it. NaN ends up in a mean. Cost: two cheap passes over n rows. */
export function contestCells(query: Query, match: Contest, threat: ThreatModel): ContestCells | null {
  const { alpha, labels } = query;
  if (alpha.length < LEAST_ROWS) return null;
  const classes = match.weights.length;
  const everyLabel = Int32Array.from({ length: classes }, (_, label) => label);
  const kindsOf = (targets: Int32Array, negative: number) => {
    return targets.map((to, from) => 2 * (3 * match.weights[from]! + match.weights[to]! + 4) + negative);
  };
  // by the sign of the contribution, then by label
  const changing = Int32Array.of(
    ...kindsOf(worstLabels(match, threat, true), 0),
    ...kindsOf(worstLabels(match, threat, false), 1),
  );
  const fixed = Int32Array.of(...kindsOf(everyLabel, 0), ...kindsOf(everyLabel, 1));

  const halves = upperHalves(alpha);
  let largest = 0;
  for (let at = 1; at < halves.length; at += 2) largest = Math.max(largest, halves[at]! & 0x7fffffff);
  const top = largest >>> SHIFT;
  const { attackable } = threat;
  const rows = new Float64Array(SIZES * KINDS);
  const sums = new Float64Array(SIZES * KINDS);
  for (let row = 0; row < alpha.length; row++) {
    const half = halves[2 * row + 1]!;
    const size = Math.min(top - ((half & 0x7fffffff) >>> SHIFT), SIZES - 1);
    const known = attackable === null || attackable[row] === 1 ? changing : fixed;
    const at = size * KINDS + known[(half >>> 31) * classes + labels[row]!]!;
    rows[at]! += 1;
    sums[at]! += alpha[row]!;
  }
  return withoutGaps(rows, sums, match);
}

function withoutGaps(rows: Float64Array, sums: Float64Array, match: Contest): ContestCells {
  let cells = 0;
  for (const count of rows) if (count > 0) cells++;
  const found = {
    rows: new Float64Array(cells),
    means: new Float64Array(cells),
    labels: new Int32Array(cells),
    targets: new Int32Array(cells),
  };
  const labelOf = [-1, 0, 1].map((weight) => match.weights.indexOf(weight));
  for (let at = 0, cell = 0; cell < cells; at++) {
    if (rows[at] === 0) continue;
    const pair = (at % KINDS) >> 1;
    found.rows[cell] = rows[at]!;
    found.means[cell] = sums[at]! / rows[at]!;
    found.labels[cell] = labelOf[Math.floor(pair / 3)]!;
    found.targets[cell] = labelOf[pair % 3]!;
    cell++;
  }
  return found;
}

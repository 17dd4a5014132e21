import { type AffineLead, affineLeadError, scaleOf } from './affine.ts';

/** What a value of a raw column puts into the feature vector; the column's other places are 0. */
export type SparseValues = readonly { readonly place: number; readonly value: number }[];

/**
 * A raw column whose value is free, as encoded: the instance's own value, some others, and for a number that the
 * instance has, the interval that it may move in. certificates.md section 6.
 */
export interface FreeColumn {
  /** The places that the column takes: `width` from `at` on. */
  readonly at: number;
  readonly width: number;
  readonly own: SparseValues;
  readonly choices: readonly SparseValues[];
  readonly interval: Interval | null;
}

/** SparseValues ends of a number's interval, at one place; its own value may lie outside. */
export interface Interval {
  readonly place: number;
  readonly own: number;
  readonly least: number;
  readonly most: number;
}

/** How one free column can lower a lead: what the worst of its choices takes from it, and moving the number. */
export interface Drops {
  readonly choice: { readonly index: number; readonly drop: number } | null;
  readonly slide: Slide | null;
}

/**
 * Moving a number towards the end of its interval that lowers the lead. It starts at `near`, the value in the interval
 * next to its own, which lowers the lead by `jump` (0 unless its own value lies outside), then by `rate` a unit.
 */
export interface Slide {
  readonly place: number;
  readonly own: number;
  readonly near: number;
  readonly end: number;
  readonly jump: number;
  readonly rate: number;
  /** The whole way. */
  readonly drop: number;
}

/** A lead and what each free column can do to it. */
export interface OpenLead {
  /** The lead at the instance. */
  readonly own: number;
  /** The least lead over all values of the free columns. */
  readonly least: number;
  /** Bounds the error of both. */
  readonly error: number;
  readonly drops: readonly Drops[];
}

/**
 * The least lead over all combinations of the free columns' values. The lead is a sum over columns, so each takes the
 * value that lowers it most; on an interval that is an end, since the lead is affine.
 *
 * The error bound: the lead is summed from at most d terms of the query or the means and two of each column's encoding,
 * each of the size counted in `magnitude`, for a column the largest of its values; so every combination's error is
 * bounded alike, and with it that of the least (see `leadAt`). So is its distance from the means: that of the query with
 * the free places 0, and the largest size of each column's encoding. On an interval that is at either end, also the one
 * that raises the lead: where the slope is next to nothing, what is served can err by more than the lead gains. Cost: O(d + values).
 */
export function openLead(lead: AffineLead, h: Float32Array, columns: readonly FreeColumn[]): OpenLead {
  const { slope, means } = lead;
  const free = new Uint8Array(slope.length);
  for (const { at, width } of columns) free.fill(1, at, at + width);
  let fixed = lead.constant;
  let magnitude = Math.abs(fixed);
  let distance = 0;
  for (let k = 0; k < slope.length; k++) {
    const difference = (free[k] === 1 ? 0 : h[k]!) - means[k]!;
    const term = slope[k]! * difference;
    distance += (difference * scaleOf(lead, k)) ** 2;
    fixed += term;
    magnitude += Math.abs(term);
  }
  distance = Math.sqrt(distance);
  let own = fixed;
  let least = fixed;
  const drops = columns.map((column) => {
    const found = dropsOf(lead, column);
    own += found.own;
    least += found.lowest;
    magnitude += found.size;
    distance += found.reach;
    return found.drops;
  });
  const error = affineLeadError(lead, slope.length + 4 * columns.length, magnitude, distance);
  return { own, least, error, drops };
}

function dropsOf(lead: AffineLead, { own, choices, interval }: FreeColumn) {
  const { slope } = lead;
  const start = contribution(slope, own);
  let lowest = start;
  let size = sizeOf(slope, own);
  let reach = reachOf(lead, own);
  let choice: Drops['choice'] = null;
  for (const [index, encoded] of choices.entries()) {
    const value = contribution(slope, encoded);
    lowest = Math.min(lowest, value);
    size = Math.max(size, sizeOf(slope, encoded));
    reach = Math.max(reach, reachOf(lead, encoded));
    if (choice === null || start - value > choice.drop) choice = { index, drop: start - value };
  }
  const slide = interval === null ? null : slideOf(slope, interval);
  if (slide !== null) {
    const value = slope[slide.place]! * slide.end;
    lowest = Math.min(lowest, value);
    size = Math.max(size, Math.abs(value));
    const farthest = Math.max(Math.abs(interval!.least), Math.abs(interval!.most));
    reach = Math.max(reach, farthest * scaleOf(lead, slide.place));
  }
  return { own: start, lowest, size, reach, drops: { choice, slide } };
}

function slideOf(slope: Float64Array, { place, own, least, most }: Interval): Slide {
  const weight = slope[place]!;
  const end = weight > 0 ? least : most;
  const near = Math.min(Math.max(own, least), most);
  const jump = weight * own - weight * near;
  return { place, own, near, end, jump, rate: Math.abs(weight), drop: weight * own - weight * end };
}

function contribution(slope: Float64Array, encoded: SparseValues): number {
  return encoded.reduce((sum, { place, value }) => sum + slope[place]! * value, 0);
}

function sizeOf(slope: Float64Array, encoded: SparseValues): number {
  return encoded.reduce((sum, { place, value }) => sum + Math.abs(slope[place]! * value), 0);
}

/** At least the Euclidean norm, in the units of distances. */
function reachOf(lead: AffineLead, encoded: SparseValues): number {
  return encoded.reduce((sum, { place, value }) => sum + Math.abs(value) * scaleOf(lead, place), 0);
}

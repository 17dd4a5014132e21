import { rowByRow } from './row-by-row';
import { rowByRowOfTwo } from './row-by-row-of-two';

/** From so many queries on it pays to widen four rows first. */
const LEAST_PANEL: usize = 8;

/**
 * alpha = X u for a block of queries. A few queries: one row after the other, for one or two queries at a time. Many: 4
 * rows by 2 queries at a time, in registers.
 *
 * The lanes of k mod 8 are in four accumulators a0 .. a3, and 4 x 2 pairs have room for one each. So the pass over k is
 * made four times, once for each accumulator: k = 8 m + 2 j and 8 m + 2 j + 1 belong to `segment` j, and rows and
 * directions are permuted so that a segment's elements are contiguous. Layout of the scratch, M = columns div 8:
 *
 *   panel      [group][segment 4][row 4][M] pairs of doubles   groups of four rows, widened
 *   partial    [pair of queries][segment 4][row 4][query 2] pairs of doubles
 *   directions [segment 4][query][M] pairs of doubles   of a block of queries
 *
 * Its size in bytes: contributionsScratch in ../memory/kernel-area.ts. Several groups are widened at a time, since each time the
 * stream of rows starts anew from memory, which takes a microsecond or two.
 */
export function contributions(
  features: usize,
  rows: usize,
  columns: usize,
  directions: usize,
  offsets: usize,
  queries: usize,
  alpha: usize,
  scratch: usize,
  queriesPerBlock: usize,
  groupsPerPanel: usize,
): void {
  const blocks = (queries + queriesPerBlock - 1) / queriesPerBlock;
  const step = ((queries + blocks - 1) / blocks + 1) & ~1; // blocks of about the same size, even but for the last
  for (let from: usize = 0; from < queries; from += step) {
    contributionsOfBlock(
      features,
      rows,
      columns,
      directions + from * (columns << 3),
      offsets + (from << 3),
      min<usize>(step, queries - from),
      alpha + from * (rows << 3),
      scratch,
      groupsPerPanel,
    );
  }
}

function contributionsOfBlock(
  features: usize,
  rows: usize,
  columns: usize,
  directions: usize,
  offsets: usize,
  queries: usize,
  alpha: usize,
  scratch: usize,
  groupsPerPanel: usize,
): void {
  const paired = queries & ~1;
  const tiled: usize = queries >= LEAST_PANEL ? rows & ~3 : 0;
  const groupBytes = (columns & ~7) << 5;
  const partial = scratch + groupsPerPanel * groupBytes;
  const permuted = partial + (paired << 8);
  if (tiled > 0) permuteDirections(directions, paired, columns, permuted);
  let panel = scratch;
  for (let row: usize = 0; row < tiled; row += 4, panel += groupBytes) {
    const group = features + row * (columns << 2);
    const out = alpha + (row << 3);
    if ((row >> 2) % groupsPerPanel === 0) {
      panel = scratch;
      const groups = min<usize>(groupsPerPanel, (tiled - row) >> 2);
      for (let g: usize = 0; g < groups; g++) {
        widen(group + g * (columns << 4), columns, panel + g * groupBytes);
      }
    }
    addSegments(panel, permuted, paired, columns >> 3, partial);
    finish(group, columns, directions, offsets, paired, partial, out, rows);
    if (paired < queries) {
      const last = directions + paired * (columns << 3);
      rowByRow(group, 4, columns, last, load<f64>(offsets + (paired << 3)), out + paired * (rows << 3));
    }
  }
  rest(features, tiled, rows, columns, directions, offsets, queries, alpha);
}

/**
 * Rows from `from` on without the panel: all of them for two queries, then for the next two. Reading them again is
 * cheaper than a stream that stops and starts.
 */
function rest(
  features: usize,
  from: usize,
  rows: usize,
  columns: usize,
  directions: usize,
  offsets: usize,
  queries: usize,
  alpha: usize,
): void {
  const first = features + from * (columns << 2);
  const height = rows - from;
  const stride = rows << 3;
  const paired = queries & ~1;
  let out = alpha + (from << 3);
  let direction = directions;
  for (let query: usize = 0; query < paired; query += 2) {
    rowByRowOfTwo(first, height, columns, direction, offsets + (query << 3), out, stride);
    direction += columns << 4;
    out += stride << 1;
  }
  if (paired < queries) rowByRow(first, height, columns, direction, load<f64>(offsets + (paired << 3)), out);
}

/** Doubles of each direction, but the tail, by segment. */
function permuteDirections(directions: usize, queries: usize, columns: usize, permuted: usize): void {
  const bytes = (columns >> 3) << 4;
  const stride = queries * bytes;
  for (let query: usize = 0; query < queries; query++) {
    let from = directions + query * (columns << 3);
    let to = permuted + query * bytes;
    for (const end = to + bytes; to !== end; to += 16, from += 64) {
      v128.store(to, v128.load(from));
      v128.store(to + stride, v128.load(from, 16));
      v128.store(to + 2 * stride, v128.load(from, 32));
      v128.store(to + 3 * stride, v128.load(from, 48));
    }
  }
}

/** Four rows in double precision, but the tails, by segment. */
function widen(features: usize, columns: usize, panel: usize): void {
  const bytes = (columns >> 3) << 4;
  const stride = bytes << 2;
  for (let row: usize = 0; row < 4; row++) {
    let from = features + row * (columns << 2);
    let to = panel + row * bytes;
    for (const end = to + bytes; to !== end; to += 16, from += 32) {
      v128.store(to, f64x2.promote_low_f32x4(v128.load64_zero(from)));
      v128.store(to + stride, f64x2.promote_low_f32x4(v128.load64_zero(from, 8)));
      v128.store(to + 2 * stride, f64x2.promote_low_f32x4(v128.load64_zero(from, 16)));
      v128.store(to + 3 * stride, f64x2.promote_low_f32x4(v128.load64_zero(from, 24)));
    }
  }
}

/** Accumulates each segment of 4 rows and each pair of queries: the hot loop of a batch. */
function addSegments(panel: usize, permuted: usize, queries: usize, pairs: usize, partial: usize): void {
  const bytes = pairs << 4;
  for (let segment: usize = 0; segment < 4; segment++) {
    let u0 = permuted + segment * queries * bytes;
    let out = partial + (segment << 7);
    for (let query: usize = 0; query < queries; query += 2) {
      let p0 = panel + segment * (bytes << 2);
      let p1 = p0 + bytes;
      let p2 = p1 + bytes;
      let p3 = p2 + bytes;
      let u1 = u0 + bytes;
      let a00 = f64x2.splat(0);
      let a01 = a00;
      let a10 = a00;
      let a11 = a00;
      let a20 = a00;
      let a21 = a00;
      let a30 = a00;
      let a31 = a00;
      const end = p1;
      while (p0 !== end) {
        const v0 = v128.load(u0);
        const v1 = v128.load(u1);
        let r = v128.load(p0);
        a00 = f64x2.add(a00, f64x2.mul(r, v0));
        a01 = f64x2.add(a01, f64x2.mul(r, v1));
        r = v128.load(p1);
        a10 = f64x2.add(a10, f64x2.mul(r, v0));
        a11 = f64x2.add(a11, f64x2.mul(r, v1));
        r = v128.load(p2);
        a20 = f64x2.add(a20, f64x2.mul(r, v0));
        a21 = f64x2.add(a21, f64x2.mul(r, v1));
        r = v128.load(p3);
        a30 = f64x2.add(a30, f64x2.mul(r, v0));
        a31 = f64x2.add(a31, f64x2.mul(r, v1));
        p0 += 16;
        p1 += 16;
        p2 += 16;
        p3 += 16;
        u0 += 16;
        u1 += 16;
      }
      v128.store(out, a00);
      v128.store(out, a01, 16);
      v128.store(out, a10, 32);
      v128.store(out, a11, 48);
      v128.store(out, a20, 64);
      v128.store(out, a21, 80);
      v128.store(out, a30, 96);
      v128.store(out, a31, 112);
      out += 512;
      u0 = u1;
    }
  }
}

/** Combines the accumulators, adds the tail and the offset, and writes 4 contributions a query, two at once. */
function finish(
  features: usize,
  columns: usize,
  directions: usize,
  offsets: usize,
  queries: usize,
  partial: usize,
  alpha: usize,
  rows: usize,
): void {
  const tiled = columns & ~7;
  const tail = features + (tiled << 2);
  const stride = columns << 2;
  const bytes = (columns - tiled) << 2;
  for (let query: usize = 0; query < queries; query++) {
    const sums = partial + ((query >> 1) << 9) + ((query & 1) << 4);
    const direction = directions + ((query * columns + tiled) << 3);
    const offset = v128.load64_splat(offsets + (query << 3));
    const out = alpha + ((query * rows) << 3);
    v128.store(out, f64x2.add(addTail(twoSums(sums), tail, stride, bytes, direction), offset));
    const last = addTail(twoSums(sums + 64), tail + 2 * stride, stride, bytes, direction);
    v128.store(out, f64x2.add(last, offset), 16);
  }
}

/** Of two rows, whose accumulators are 32 bytes apart, and 128 bytes from one segment to the next. */
function twoSums(sums: usize): v128 {
  const first = f64x2.add(
    f64x2.add(v128.load(sums), v128.load(sums, 256)),
    f64x2.add(v128.load(sums, 128), v128.load(sums, 384)),
  );
  const second = f64x2.add(
    f64x2.add(v128.load(sums, 32), v128.load(sums, 288)),
    f64x2.add(v128.load(sums, 160), v128.load(sums, 416)),
  );
  return f64x2.add(i64x2.shuffle(first, second, 0, 2), i64x2.shuffle(first, second, 1, 3));
}

function addTail(sums: v128, features: usize, stride: usize, bytes: usize, direction: usize): v128 {
  for (const end = features + bytes; features !== end; features += 4, direction += 8) {
    const first = f64x2.splat(<f64>load<f32>(features));
    const pair = f64x2.replace_lane(first, 1, <f64>load<f32>(features + stride));
    sums = f64x2.add(sums, f64x2.mul(pair, v128.load64_splat(direction)));
  }
  return sums;
}

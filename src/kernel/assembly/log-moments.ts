import { SMALL_PRODUCT } from '../shared-constants';
import { expMinus, exponentOf, fractionOf } from './elementary';

/**
 * The lanes' sums of ../reference/log-moments.ts, in the order of its `SUMS`. `table` holds each label's high, middle and low
 * coefficient and a gap, those for alpha > 0 before those for the rest.
 */
export function logMoments(
  alpha: usize,
  labels: usize,
  rows: usize,
  table: usize,
  classes: usize,
  t: f64,
  sums: usize,
): void {
  const one = f64x2.splat(1);
  const zero = f64x2.splat(0);
  const factor = f64x2.splat(t);
  const others = classes << 5;
  let product = one;
  let exponent = zero;
  let grown = zero;
  let sizes = zero;
  let slope = zero;
  let curvature = zero;
  for (let row: usize = 0; row < rows; row += 2) {
    // An odd number of rows ends with one row in both lanes; the upper lane's part in it is blanked out.
    const last = row + 1 === rows;
    const next = last ? row : row + 1;
    const a0 = load<f64>(alpha + (row << 3));
    const a1 = load<f64>(alpha + (next << 3));
    const at0 = table + (a0 > 0 ? 0 : others) + ((<usize>load<u32>(labels + (row << 2))) << 5);
    const at1 = table + (a1 > 0 ? 0 : others) + ((<usize>load<u32>(labels + (next << 2))) << 5);
    const pair0 = v128.load(at0);
    const pair1 = v128.load(at1);
    const high = v128.shuffle<f64>(pair0, pair1, 0, 2);
    const middle = v128.shuffle<f64>(pair0, pair1, 1, 3);
    const lowest = v128.load64_lane(at1, v128.load64_splat(at0, 16), 1, 16);
    const distance = f64x2.abs(f64x2.replace_lane(f64x2.splat(a0), 1, a1));
    const size = f64x2.mul(factor, distance);
    const decay = expMinus(size);
    const grows = f64x2.gt(high, zero);
    const near = v128.bitselect(decay, one, grows);
    const low = f64x2.mul(lowest, f64x2.mul(near, decay));
    const moment = f64x2.add(high, f64x2.add(f64x2.mul(middle, near), low));
    const tilt = f64x2.div(f64x2.mul(distance, f64x2.sub(high, low)), moment);
    const spread = f64x2.div(f64x2.mul(f64x2.mul(distance, distance), f64x2.add(high, low)), moment);
    const bend = f64x2.sub(spread, f64x2.mul(tilt, tilt));
    if (last) {
      product = f64x2.mul(product, f64x2.replace_lane(moment, 1, 1));
      grown = f64x2.add(grown, f64x2.replace_lane(v128.and(size, grows), 1, 0));
      sizes = f64x2.add(sizes, f64x2.replace_lane(size, 1, 0));
      slope = f64x2.add(slope, f64x2.replace_lane(tilt, 1, 0));
      curvature = f64x2.add(curvature, f64x2.replace_lane(bend, 1, 0));
    } else {
      product = f64x2.mul(product, moment);
      grown = f64x2.add(grown, v128.and(size, grows));
      sizes = f64x2.add(sizes, size);
      slope = f64x2.add(slope, tilt);
      curvature = f64x2.add(curvature, bend);
    }
    const small = f64x2.lt(product, f64x2.splat(SMALL_PRODUCT));
    if (v128.any_true(small)) {
      exponent = f64x2.add(exponent, v128.and(exponentOf(product), small));
      product = v128.bitselect(fractionOf(product), product, small);
    }
  }
  v128.store(sums, product);
  v128.store(sums, exponent, 16);
  v128.store(sums, grown, 32);
  v128.store(sums, sizes, 48);
  v128.store(sums, slope, 64);
  v128.store(sums, curvature, 80);
}

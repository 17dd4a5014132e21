import { expMinus, log } from './elementary';

/**
 * The gains of ../reference/log-moment-gains.ts; writes the lanes' sums of |z| and of the gains to `sums`. `table` holds each label's
 * high, middle and low coefficient and a gap, then those of its target, the labels for alpha > 0 before those for the
 * rest. `attackable` is 0 where every row is.
 */
export function logMomentGains(
  alpha: usize,
  labels: usize,
  rows: usize,
  table: usize,
  classes: usize,
  attackable: usize,
  t: f64,
  out: usize,
  sums: usize,
): void {
  const one = f64x2.splat(1);
  const zero = f64x2.splat(0);
  const factor = f64x2.splat(t);
  const others = classes << 6;
  let sizes = zero;
  for (let row: usize = 0; row < rows; row += 2) {
    // An odd number of rows ends with one row in both lanes.
    const last = row + 1 === rows;
    const next = last ? row : row + 1;
    const a0 = load<f64>(alpha + (row << 3));
    const a1 = load<f64>(alpha + (next << 3));
    const at0 = table + (a0 > 0 ? 0 : others) + ((<usize>load<u32>(labels + (row << 2))) << 6);
    const at1 = table + (a1 > 0 ? 0 : others) + ((<usize>load<u32>(labels + (next << 2))) << 6);
    const size = f64x2.mul(factor, f64x2.abs(f64x2.replace_lane(f64x2.splat(a0), 1, a1)));
    const decay = expMinus(size);
    const own0 = v128.load(at0);
    const own1 = v128.load(at1);
    const high = v128.shuffle<f64>(own0, own1, 0, 2);
    const near = v128.bitselect(decay, one, f64x2.gt(high, zero));
    const far = f64x2.mul(near, decay);
    const middle = v128.shuffle<f64>(own0, own1, 1, 3);
    const low = v128.load64_lane(at1, v128.load64_splat(at0, 16), 1, 16);
    const before = f64x2.add(high, f64x2.add(f64x2.mul(middle, near), f64x2.mul(low, far)));
    const target0 = v128.load(at0, 32);
    const target1 = v128.load(at1, 32);
    const newHigh = v128.shuffle<f64>(target0, target1, 0, 2);
    const newMiddle = v128.shuffle<f64>(target0, target1, 1, 3);
    const newLow = v128.load64_lane(at1, v128.load64_splat(at0, 48), 1, 48);
    const after = f64x2.add(newHigh, f64x2.add(f64x2.mul(newMiddle, near), f64x2.mul(newLow, far)));
    const ratio = f64x2.div(after, before);
    if (last) {
      store<f64>(out + (row << 3), f64x2.extract_lane(ratio, 0));
      sizes = f64x2.add(sizes, f64x2.replace_lane(size, 1, 0));
    } else {
      v128.store(out + (row << 3), ratio);
      sizes = f64x2.add(sizes, size);
    }
  }
  // A loop of its own: two short ones keep more rows in flight than a long one.
  let total = zero;
  for (let row: usize = 0; row < rows; row += 2) {
    const last = row + 1 === rows;
    const next = last ? row : row + 1;
    const ratio = last ? f64x2.splat(load<f64>(out + (row << 3))) : v128.load(out + (row << 3));
    let gain = v128.and(log(ratio), f64x2.gt(ratio, one));
    if (attackable !== 0) {
      const mask = f64x2.replace_lane(
        f64x2.splat(<f64>load<u8>(attackable + row)),
        1,
        <f64>load<u8>(attackable + next),
      );
      gain = v128.and(gain, f64x2.ne(mask, zero));
    }
    if (last) {
      store<f64>(out + (row << 3), f64x2.extract_lane(gain, 0));
      total = f64x2.add(total, f64x2.replace_lane(gain, 1, 0));
    } else {
      v128.store(out + (row << 3), gain);
      total = f64x2.add(total, gain);
    }
  }
  v128.store(sums, sizes);
  v128.store(sums, total, 16);
}

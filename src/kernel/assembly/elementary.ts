import {
  E3,
  E4,
  E5,
  E6,
  E7,
  E8,
  E9,
  E10,
  E11,
  E12,
  E13,
  L3,
  L5,
  L7,
  L9,
  L11,
  L13,
  L15,
  L17,
  L19,
  LN2_HIGH,
  LN2_LOW,
  LOG2_E,
  MAX_EXPONENT,
  ROUNDER,
} from '../shared-constants';

const FRACTION: i64 = 0x000fffffffffffff;
const ONE: i64 = 0x3ff0000000000000;
/** 2^52 as bits: an integer below 2^52 in the fraction, less 2^52, is that integer as a double. */
const INTEGER: i64 = 0x4330000000000000;
const INTEGER_OFFSET: f64 = 4503599627370496 + 1023;

/** addend + x * factor, in two roundings. */
function step(x: v128, factor: v128, addend: f64): v128 {
  return f64x2.add(f64x2.splat(addend), f64x2.mul(x, factor));
}

/** e^-x in both lanes, as ../reference/exponential.ts. */
export function expMinus(x: v128): v128 {
  const shifted = step(x, f64x2.splat(LOG2_E), <f64>ROUNDER);
  const k = f64x2.sub(shifted, f64x2.splat(<f64>ROUNDER));
  const r = f64x2.sub(f64x2.sub(x, f64x2.mul(k, f64x2.splat(LN2_HIGH))), f64x2.mul(k, f64x2.splat(LN2_LOW)));
  const w = f64x2.mul(r, r);
  const even = step(w, step(w, step(w, step(w, step(w, f64x2.splat(E12), E10), E8), E6), E4), 0.5);
  const odd = step(w, step(w, step(w, step(w, step(w, f64x2.splat(E13), E11), E9), E7), E5), E3);
  const rest = f64x2.sub(r, f64x2.mul(w, f64x2.sub(even, f64x2.mul(r, odd))));
  // The lowest bits of `shifted` hold k: 2^-k by its exponent.
  const power = i64x2.sub(i64x2.splat(ONE), i64x2.shl(shifted, 52));
  const value = f64x2.mul(f64x2.sub(f64x2.splat(1), rest), power);
  return v128.andnot(value, f64x2.gt(x, f64x2.splat(<f64>MAX_EXPONENT)));
}

/** The k with 2^k <= x < 2^(k+1) in both lanes, as doubles. Assumes positive normal doubles. */
export function exponentOf(x: v128): v128 {
  const integer = v128.or(i64x2.shr_u(x, 52), i64x2.splat(INTEGER));
  return f64x2.sub(integer, f64x2.splat(INTEGER_OFFSET));
}

/** x 2^-k for that k, in [1, 2). */
export function fractionOf(x: v128): v128 {
  return v128.or(v128.and(x, i64x2.splat(FRACTION)), i64x2.splat(ONE));
}

/** log x in both lanes, as ../reference/logarithm.ts; anything where x is not a positive normal double. */
export function log(x: v128): v128 {
  const fraction = fractionOf(x);
  const halved = f64x2.ge(fraction, f64x2.splat(Math.SQRT2));
  const one = f64x2.splat(1);
  const m = f64x2.mul(fraction, v128.bitselect(f64x2.splat(0.5), one, halved));
  const k = f64x2.add(exponentOf(x), v128.and(one, halved));
  const f = f64x2.sub(m, one);
  const s = f64x2.div(f, f64x2.add(f64x2.splat(2), f));
  const w = f64x2.mul(s, s);
  const v = f64x2.mul(w, w);
  const even = step(v, step(v, step(v, step(v, f64x2.splat(L19), L15), L11), L7), L3);
  const odd = step(v, step(v, step(v, f64x2.splat(L17), L13), L9), L5);
  const rest = f64x2.mul(w, f64x2.add(even, f64x2.mul(w, odd)));
  const small = f64x2.add(f64x2.mul(k, f64x2.splat(LN2_LOW)), f64x2.mul(s, f64x2.add(f64x2.splat(2), rest)));
  return f64x2.add(f64x2.mul(k, f64x2.splat(LN2_HIGH)), small);
}

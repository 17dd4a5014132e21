const [MINUS, POINT, ZERO] = [0x2d, 0x2e, 0x30];

/** 10^k as a double, which is exact up to here. */
const POWERS = Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));
const MAX_FRACTION = POWERS.length - 1;

/** Digits that fit 32 bits, whatever they are. */
const HALF_DIGITS = 9;
/** Whole numbers of so many digits are exact doubles, and no two of their decimals are the same double. */
const EXACT_DIGITS = 15;

/** Below, a double is written with an exponent. */
const LEAST_PLAIN = 1e-6;

/** Twice as much as the relative error of the correction in `quotient`, and more. */
const DOUBT = 2 ** -48;

/**
 * Reads decimals where they stand among bytes. What it gives is what Number gives of the same text, or NaN where it does not know:
 * of exponents, signs other than one minus, blanks, more than 18 digits, and of the few numbers that are too close to
 * the middle of two doubles.
 */
export class DecimalReader {
  /** Whether the text of what was read last is that of its double, so that String(value) gives it back. */
  isShortest = false;

  /** The decimal that the bytes from `start` to `end` (exclusive) are, or NaN. Cost: a nanosecond or two a byte. */
  read(bytes: Uint8Array, start: number, end: number): number {
    let value = 0;
    let at = start;
    for (; at < end; at++) {
      const digit = bytes[at]! - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      value = 10 * value + digit;
    }
    if (at < end || end - start > HALF_DIGITS || start === end) return this.#readAny(bytes, start, end);
    this.isShortest = bytes[start] !== ZERO || end === start + 1;
    return value;
  }

  #readAny(bytes: Uint8Array, start: number, end: number): number {
    const first = bytes[start] === MINUS ? start + 1 : start;
    let upper = 0; // the first nine digits
    let lower = 0; // those behind
    let digits = 0; // from the first that is not 0
    let point = -1;
    for (let at = first; at < end; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit >= 0 && digit <= 9) {
        if (digits < HALF_DIGITS) upper = 10 * upper + digit;
        else if (digits < 2 * HALF_DIGITS) lower = 10 * lower + digit;
        else return Number.NaN;
        if (digits > 0 || digit > 0) digits++;
      } else if (digit === POINT - ZERO && point < 0) point = at;
      else return Number.NaN;
    }
    const fraction = point < 0 ? 0 : end - point - 1;
    if (end - first <= (point < 0 ? 0 : 1) || fraction > MAX_FRACTION) return Number.NaN;
    const scale = digits > HALF_DIGITS ? POWERS[digits - HALF_DIGITS]! : 1;
    const power = POWERS[fraction]!;
    const size =
      digits <= EXACT_DIGITS ? (upper * scale + lower) / power : quotient(upper, scale, lower, power);
    this.isShortest =
      digits <= EXACT_DIGITS &&
      (size >= LEAST_PLAIN || (size === 0 && first === start)) &&
      (bytes[first] !== ZERO || end === first + 1 || point === first + 1) &&
      point !== first &&
      (fraction === 0 ? point < 0 : bytes[end - 1] !== ZERO);
    return first === start ? size : -size;
  }
}

/**
 * (high * scale + low) / power, rounded once, or NaN where that is in doubt. All four are whole numbers and exact doubles, the
 * numerator is below 10^18.
 *
 * Numerator and first quotient are taken apart without error (Dekker 1971); what the first quotient leaves, divided again, is its
 * correction, with a relative error below 2^-50: two roundings of the remainder and one of the division, each at most 2^-53. When a
 * correction larger by 2^-48 and one smaller by 2^-48 lead to the same double, so does the true one, since rounding is monotone.
 */
function quotient(high: number, scale: number, low: number, power: number): number {
  const product = high * scale;
  const rest = low + productError(high, scale, product); // whole and below 2^53: exact
  const upper = product + rest;
  const lower = rest - (upper - product); // exact, as |rest| < product
  const first = upper / power;
  const back = first * power;
  const correction = (upper - back - productError(first, power, back) + lower) / power;
  const rounded = first + correction * (1 + DOUBT);
  return rounded === first + correction * (1 - DOUBT) ? rounded : Number.NaN;
}

/** a * b - product, exactly, where `product` is a * b rounded, and nothing over- or underflows. */
function productError(a: number, b: number, product: number): number {
  const a1 = upperHalf(a);
  const b1 = upperHalf(b);
  const a2 = a - a1;
  const b2 = b - b1;
  return a2 * b2 - (product - a1 * b1 - a2 * b1 - a1 * b2);
}

/** The upper 26 bits of a double's 53. */
function upperHalf(value: number): number {
  const shifted = 134_217_729 * value;
  return shifted - (shifted - value);
}

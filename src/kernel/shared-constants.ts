// Numbers that the reference shares with the assembly, which compiles this file too: plain constants only, as decimals
// (1 / 6 would be a division of integers there).

/** Buckets of gains: 64 octaves below the largest one, 16 a piece; whatever is smaller still shares the last bucket. */
export const BUCKETS = 1024;
/** The bits of a double, shifted so far, are its sign, its exponent and the 4 leading bits of its fraction. */
export const SHIFT = 48;

export const LOG2_E = Math.LOG2E;
/** log 2 in two parts. The first has 32 bits after the point, so that its product with an exponent is exact. */
export const LN2_HIGH = 0.6931471803691238;
export const LN2_LOW = 1.9082149292705877e-10;
/** 3 * 2^51: adding it rounds a double below 2^50 to an integer, which the lowest bits of the sum then hold. */
export const ROUNDER = 6755399441055744;
/** exp(-x) is taken for 0 beyond it: the least result, 2^-1021.5, is a normal number. */
export const MAX_EXPONENT = 708;

/** 1/k!, rounded, from e^-r = 1 - r + r^2 (1/2! + r^2/4! + ..) - r^3 (1/3! + r^2/5! + ..). */
export const E3 = 0.16666666666666666;
export const E4 = 0.041666666666666664;
export const E5 = 0.008333333333333333;
export const E6 = 0.001388888888888889;
export const E7 = 0.0001984126984126984;
export const E8 = 0.0000248015873015873;
export const E9 = 0.0000027557319223985893;
export const E10 = 2.755731922398589e-7;
export const E11 = 2.505210838544172e-8;
export const E12 = 2.08767569878681e-9;
export const E13 = 1.6059043836821613e-10;

/** 2/k, rounded, from log((1 + s)/(1 - s)) = s (2 + s^2 (2/3 + s^2 (2/5 + ..))). */
export const L3 = 0.6666666666666666;
export const L5 = 0.4;
export const L7 = 0.2857142857142857;
export const L9 = 0.2222222222222222;
export const L11 = 0.18181818181818182;
export const L13 = 0.15384615384615385;
export const L15 = 0.13333333333333333;
export const L17 = 0.11764705882352941;
export const L19 = 0.10526315789473684;

/** 2^-50: a product of moments that falls below it is split into a number in [1, 2) and a power of two. */
export const SMALL_PRODUCT = 8.881784197001252e-16;

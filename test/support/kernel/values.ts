import { SeededRandom } from '../../../src/kernel/seeded-random.ts';

/** A source of doubles, by the numbers of a seeded generator. */
type Source = (random: SeededRandom) => number;

const pick =
  (...values: readonly number[]): Source =>
  (random) =>
    values[random.below(values.length)]!;

const signed = (random: SeededRandom) => 2 * random.uniform() - 1;
const mixed: Source = (random) => signed(random) * 2 ** (random.below(120) - 60);

/** Kinds of numbers on which two implementations may differ; in single precision some are infinite or 0. */
export const VALUES: Readonly<Record<string, Source>> = {
  random: signed,
  'of mixed sizes': mixed,
  denormal: (random) => Math.round(1000 * signed(random)) * Number.MIN_VALUE,
  'single-precision denormal': (random) => Math.round(1000 * signed(random)) * 2 ** -149,
  tiny: (random) => signed(random) * 2 ** -1000,
  huge: (random) => signed(random) * 2 ** 1023,
  'huge in single precision': (random) => signed(random) * 2 ** 127,
  'signed zeros': pick(0, -0, 0, -0, 1, -1),
  'equal ones': pick(1, 1, 2),
  'with NaN and infinities': (random) =>
    random.below(8) > 0
      ? signed(random)
      : pick(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)(random),
  'NaN of any sign': pick(Number.NaN, -Number.NaN),
};

export function draw(count: number, source: Source, seed: number): Float64Array {
  const random = new SeededRandom(seed);
  return Float64Array.from({ length: count }, () => source(random));
}

/** The bits of doubles, all NaN alike: which bits a NaN has is up to the processor. */
export function bitsOf(values: Float64Array): BigUint64Array {
  const alike = Float64Array.from(values, (value) => (Number.isNaN(value) ? Number.NaN : value));
  return new BigUint64Array(alike.buffer);
}

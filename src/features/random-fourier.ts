import { SeededRandom } from '../kernel/seeded-random.ts';

/**
 * Random Fourier features of a Gaussian kernel: z_j = sqrt(2/D) cos(w_j . x + b_j), so that z(x) . z(y) is
 * about exp(-|x - y|^2 / (2 bandwidth^2)). Rahimi and Recht (NIPS 2007).
 */
export interface RandomFourier {
  readonly components: number;
  /** One row per component: its frequency vector, then its phase. components x (inputs + 1). */
  readonly frequencies: Float64Array;
}

export interface RandomFourierSettings {
  readonly components: number;
  /** The kernel's bandwidth as a multiple of the median distance between training rows. */
  readonly scale: number;
  readonly seed: number;
}

/** Rows whose pairwise distances give the bandwidth. */
const SAMPLE = 512;
/** Between two chances to give others a turn. */
const DRAWS_PER_STEP = 2 ** 14;

/**
 * Draws the frequencies. The bandwidth is `scale` times the median Euclidean distance between the pairs of a
 * seeded sample of at most 512 training rows (the lower median, over pairs that differ); null when all those
 * rows are equal. Cost: 512^2/2 distances, then components x inputs draws, in steps.
 */
export function* drawFrequencies(
  inputs: Float32Array,
  width: number,
  settings: RandomFourierSettings,
): Generator<void, RandomFourier | null> {
  const random = new SeededRandom(settings.seed);
  const median = yield* medianDistance(inputs, width, random);
  if (median === null) return null;
  const bandwidth = settings.scale * median;
  const frequencies = new Float64Array(settings.components * (width + 1));
  for (let at = 0; at < frequencies.length; at++) {
    if (at % DRAWS_PER_STEP === 0) yield;
    const isPhase = at % (width + 1) === width;
    frequencies[at] = isPhase ? 2 * Math.PI * random.uniform() : random.normal() / bandwidth;
  }
  return { components: settings.components, frequencies };
}

/** Writes the features of one encoded row, `inputs`, into `out` (components). */
export function applyFourier(fourier: RandomFourier, inputs: Float64Array, out: Float32Array): void {
  const { components, frequencies } = fourier;
  const stride = frequencies.length / components;
  const amplitude = Math.sqrt(2 / components);
  for (let component = 0; component < components; component++) {
    const start = component * stride;
    let angle = frequencies[start + stride - 1]!;
    for (let k = 0; k < stride - 1; k++) angle += frequencies[start + k]! * inputs[k]!;
    out[component] = amplitude * Math.cos(angle);
  }
}

function* medianDistance(
  inputs: Float32Array,
  width: number,
  random: SeededRandom,
): Generator<void, number | null> {
  const rows = inputs.length / width;
  const order = new Uint32Array(rows).map((_, row) => row);
  const sample = Math.min(rows, SAMPLE);
  for (let i = 0; i < sample; i++) {
    const other = i + random.below(rows - i);
    const swapped = order[i]!;
    order[i] = order[other]!;
    order[other] = swapped;
  }
  const distances: number[] = [];
  for (let i = 0; i < sample; i++) {
    yield;
    for (let j = 0; j < i; j++) {
      const a = order[i]! * width;
      const b = order[j]! * width;
      let squares = 0;
      for (let k = 0; k < width; k++) squares += (inputs[a + k]! - inputs[b + k]!) ** 2;
      if (squares > 0) distances.push(Math.sqrt(squares));
    }
  }
  const sorted = Float64Array.from(distances).sort();
  return sorted[(sorted.length - 1) >>> 1] ?? null;
}

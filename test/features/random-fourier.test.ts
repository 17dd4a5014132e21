import { describe, expect, it } from 'vitest';
import {
  applyFourier,
  drawFrequencies,
  type RandomFourier,
  type RandomFourierSettings,
} from '../../src/features/random-fourier.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { whole } from '../support/models/steps.ts';
import { bitsOf } from '../support/stores/bytes.ts';

const random = new SeededRandom(20);
const WIDTH = 3;
const ROWS = Array.from({ length: 40 }, () => Array.from({ length: WIDTH }, () => random.normal()));
const settings = (partial: Partial<RandomFourierSettings> = {}): RandomFourierSettings => ({
  components: 200,
  scale: 1,
  seed: 1,
  ...partial,
});

const draw = (of: RandomFourierSettings, rows: number[][] = ROWS): RandomFourier | null =>
  whole(drawFrequencies(Float32Array.from(rows.flat()), rows[0]!.length, of));

function featuresOf(fourier: RandomFourier, row: readonly number[]): Float32Array {
  const out = new Float32Array(fourier.components);
  applyFourier(fourier, Float64Array.from(Float32Array.from(row)), out);
  return out;
}

const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
const distance = (a: readonly number[], b: readonly number[]) =>
  Math.hypot(...a.map((value, k) => Math.fround(value) - Math.fround(b[k]!)));

/** Lower median over the pairs of rows that differ, from the definition. */
function medianDistance(rows: readonly number[][]): number {
  const distances = rows.flatMap((a, i) => rows.slice(0, i).map((b) => distance(a, b)));
  const positive = distances.filter((one) => one > 0).sort((a, b) => a - b);
  return positive[Math.ceil(positive.length / 2) - 1]!;
}

describe('drawFrequencies', () => {
  it('gives the same bits for the same seed, others for another', () => {
    const [first, again, other] = [settings(), settings(), settings({ seed: 2 })].map((one) => draw(one)!);
    expect(bitsOf(again!.frequencies)).toBe(bitsOf(first!.frequencies));
    const equal = first!.frequencies.filter((value, at) => value === other!.frequencies[at]);
    expect(equal).toHaveLength(0);
  });

  it('draws one frequency vector and one phase from 0 to 2 pi for each component', () => {
    const { components, frequencies } = draw(settings())!;
    expect([components, frequencies.length]).toEqual([200, 200 * (WIDTH + 1)]);
    const phases = frequencies.filter((_, at) => at % (WIDTH + 1) === WIDTH);
    expect(phases.every((phase) => phase >= 0 && phase < 2 * Math.PI)).toBe(true);
    expect(Math.max(...phases)).toBeGreaterThan(6);
  });

  it('has no more than the largest 32-bit seed to distinguish, and takes it', () => {
    expect(bitsOf(draw(settings({ seed: 2 ** 32 - 1 }))!.frequencies)).not.toBe(
      bitsOf(draw(settings({ seed: 0 }))!.frequencies),
    );
  });

  it.each([0.5, 1, 3])('scales the bandwidth to %f of the median distance', (scale) => {
    const unit = draw(settings({ scale: 1 }))!;
    const scaled = draw(settings({ scale }))!;
    const isFrequency = (_: number, at: number) => at % (WIDTH + 1) !== WIDTH;
    const ratio = scaled.frequencies.filter(isFrequency).map((value, k) => {
      return unit.frequencies.filter(isFrequency)[k]! / value;
    });
    for (const value of ratio) expect(value).toBeCloseTo(scale, 12);
  });

  it('takes no notice of pairs of equal rows, and gives null when all rows are equal', () => {
    expect(draw(settings(), [ROWS[0]!, ROWS[0]!, ROWS[0]!])).toBeNull();
    expect(draw(settings(), [ROWS[0]!])).toBeNull();
    const two = draw(settings(), [ROWS[0]!, ROWS[1]!])!;
    const repeated = [ROWS[0]!, ROWS[0]!, ROWS[0]!, ROWS[1]!];
    expect(medianDistance(repeated)).toBe(distance(ROWS[0]!, ROWS[1]!));
    const sd = (of: RandomFourier) =>
      Math.sqrt(of.frequencies.reduce((sum, value) => sum + value * value, 0) / of.frequencies.length);
    expect(sd(draw(settings(), repeated)!) / sd(two)).toBeCloseTo(1, 0);
  });

  it('estimates the median from a sample when there are many rows', () => {
    const many = Array.from({ length: 3000 }, () => [random.normal(), random.normal()]);
    const fourier = draw(settings({ components: 4000 }), many)!;
    const frequencies = fourier.frequencies.filter((_, at) => at % 3 !== 2);
    const bandwidth = 1 / Math.sqrt(frequencies.reduce((sum, w) => sum + w * w, 0) / frequencies.length);
    // the median distance of two standard normal points in the plane is 2 sqrt(log 2)
    expect(bandwidth / (2 * Math.sqrt(Math.LN2))).toBeGreaterThan(0.93);
    expect(bandwidth / (2 * Math.sqrt(Math.LN2))).toBeLessThan(1.07);
  });
});

describe('applyFourier', () => {
  it('is sqrt(2/D) cos(w . x + b)', () => {
    const fourier = draw(settings({ components: 20 }))!;
    const row = ROWS[3]!.map(Math.fround);
    const expected = Array.from({ length: 20 }, (_, component) => {
      const own = fourier.frequencies.subarray(4 * component, 4 * component + 4);
      const angle = own[0]! * row[0]! + own[1]! * row[1]! + own[2]! * row[2]! + own[3]!;
      return Math.sqrt(2 / 20) * Math.cos(angle);
    });
    const features = featuresOf(fourier, row);
    for (const [k, value] of expected.entries()) expect(features[k]).toBeCloseTo(value, 6);
  });

  it.each([0.5, 1, 2])('has inner products near the Gaussian kernel of bandwidth %f x median', (scale) => {
    const components = 10_000;
    const fourier = draw(settings({ components, scale, seed: 5 }))!;
    const bandwidth = scale * medianDistance(ROWS);
    const features = ROWS.map((row) => featuresOf(fourier, row));
    let worst = 0;
    for (const [i, a] of ROWS.entries()) {
      for (const [j, b] of ROWS.entries()) {
        const kernel = Math.exp(-(distance(a, b) ** 2) / (2 * bandwidth ** 2));
        worst = Math.max(worst, Math.abs(product(features[i]!, features[j]!) - kernel));
      }
    }
    // 820 averages of 10,000 terms of variance at most 1.5: 5 standard deviations
    expect(worst).toBeLessThan(5 * Math.sqrt(1.5 / components));
  });
});

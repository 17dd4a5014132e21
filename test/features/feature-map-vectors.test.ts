import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FeatureMap,
  type FeatureSettings,
  fitEncodings,
  type RawData,
} from '../../src/features/feature-map.ts';
import { MARKER, NUMBER_MARKER, refusalOf } from '../support/models/refusal.ts';
import { whole } from '../support/models/steps.ts';
import { bitsOf } from '../support/stores/bytes.ts';

function vectors(...rows: number[][]): RawData {
  return {
    kind: 'vectors',
    rows: rows.length,
    width: rows[0]!.length,
    values: Float32Array.from(rows.flat()),
  };
}

function fitted(data: RawData, partial: Partial<FeatureSettings> = {}): FeatureMap {
  const settings = { standardise: false, unitNorm: false, randomFourier: null, ...partial };
  return new FeatureMap(whole(fitEncodings(data, settings, [])), null);
}

function encode(map: FeatureMap, instance: unknown): Float32Array {
  const out = new Float32Array(map.width);
  expect(map.encode(instance, out)).toEqual([]);
  return out;
}

const DATA = vectors([1, 10, 5], [3, 30, 5], [2, 20, 5]);

describe('the feature map of ready-made features', () => {
  it('is the identity by default, bit for bit, and says so', () => {
    const map = fitted(DATA);
    expect([map.isIdentity, map.width]).toEqual([true, 3]);
    const floats = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
      minLength: 3,
      maxLength: 3,
    });
    fc.assert(
      fc.property(floats, (row) => {
        expect(bitsOf(encode(map, row))).toBe(bitsOf(Float32Array.from(row)));
      }),
      { seed: 121, numRuns: 200, examples: [[[-0, 0, 2 ** -149]]] },
    );
  });

  it('keeps the least and the most value of each feature', () => {
    for (const standardise of [true, false]) {
      const { encodings } = fitted(DATA, { standardise }).state;
      expect(encodings).toMatchObject([
        { name: '0', least: 1, most: 3 },
        { name: '1', least: 10, most: 30 },
        { name: '2', least: 5, most: 5 },
      ]);
    }
  });

  it('rounds to single precision first: those features are the registered ones', () => {
    expect(Array.from(encode(fitted(DATA), [0.1, 1e-60, 16_777_217]))).toEqual([
      Math.fround(0.1),
      0,
      16_777_216,
    ]);
    const standardised = fitted(vectors([0.1], [0.7]), { standardise: true });
    expect(encode(standardised, [0.1])).toEqual(encode(standardised, [Math.fround(0.1)]));
  });

  it('standardises and drops constant features when asked', () => {
    const map = fitted(DATA, { standardise: true });
    const high = Math.fround(1 / Math.sqrt(2 / 3));
    expect([map.isIdentity, map.width]).toEqual([false, 2]);
    expect(Array.from(encode(map, [3, 10, 123]))).toEqual([high, -high]);
    expect(map.state.encodings.map(({ dropped }) => dropped)).toEqual([false, false, true]);
  });

  it('is not the identity with unit norm or random Fourier features', () => {
    expect(fitted(DATA, { unitNorm: true }).isIdentity).toBe(false);
    const fourier = whole(
      fitted(DATA).withFourier(Float32Array.from([1, 2, 3, 4, 5, 6]), {
        components: 9,
        scale: 1,
        seed: 1,
      }),
    );
    expect([fourier.isIdentity, fourier.width]).toEqual([false, 9]);
  });

  it('encodes a training row sent as an instance to the same bits', () => {
    const rows = fc.array(
      fc.array(fc.float({ min: -9, max: 9, noNaN: true }), { minLength: 3, maxLength: 3 }),
      {
        minLength: 1,
        maxLength: 9,
      },
    );
    fc.assert(
      fc.property(rows, fc.boolean(), fc.boolean(), (all, standardise, unitNorm) => {
        const data = vectors(...all);
        const map = fitted(data, { standardise, unitNorm });
        for (const [row, instance] of all.entries()) {
          const out = new Float32Array(map.width).fill(Number.NaN);
          map.encodeTraining(data, [], row, out);
          expect(bitsOf(out)).toBe(bitsOf(encode(map, instance)));
        }
      }),
      { seed: 122, numRuns: 150 },
    );
  });

  it.each([
    ['row_length', [1, 2], 'expected 3 features, got 2'],
    ['row_length', [1, 2, 3, NUMBER_MARKER], 'expected 3 features, got 4'],
    ['row_length', [], 'expected 3 features, got 0'],
    ['wrong_type', [1, MARKER, 3], 'feature 1: expected a number, got a string'],
    ['wrong_type', [1, 2, null], 'feature 2: expected a number, got null'],
    ['wrong_type', [1, 2, true], 'feature 2: expected a number, got a boolean'],
    ['wrong_type', [1, 2, undefined], 'feature 2: expected a number, got nothing'],
    ['wrong_type', { 0: 1, 1: 2, 2: 3, length: 3 }, 'expected an array of 3 numbers, got an object'],
    ['wrong_type', MARKER, 'expected an array of 3 numbers, got a string'],
    ['wrong_type', null, 'expected an array of 3 numbers, got null'],
  ])('refuses an instance with %s: %j', async (code, instance, message) => {
    expect(await refusalOf(() => encode(fitted(DATA), instance))).toMatchObject({ code, message });
  });

  it.each([Number.NaN, Infinity, -Infinity, 1e39, -1e39])(
    'refuses %d: single precision cannot hold it',
    async (value) => {
      for (const standardise of [false, true]) {
        const error = await refusalOf(() => encode(fitted(DATA, { standardise }), [1, value, 3]));
        expect(error.code).toBe('not_finite');
      }
    },
  );

  it('refuses random Fourier features when all rows are equal', async () => {
    const error = await refusalOf(() =>
      whole(
        fitted(DATA).withFourier(Float32Array.of(1, 2, 3, 1, 2, 3), { components: 4, scale: 1, seed: 1 }),
      ),
    );
    expect(error.code).toBe('invalid_settings');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellAt } from '../../src/features/column.ts';
import {
  FeatureMap,
  type FeatureSettings,
  featureColumns,
  fitEncodings,
  type RawData,
} from '../../src/features/feature-map.ts';
import { MARKER, refusalOf } from '../support/models/refusal.ts';
import { whole } from '../support/models/steps.ts';
import {
  booleanColumn,
  categoryColumn,
  numberColumn,
  type PlainTable,
  tableOf,
  tablesArbitrary,
} from '../support/models/tables.ts';
import { bitsOf } from '../support/stores/bytes.ts';

const PLAIN: FeatureSettings = { standardise: true, unitNorm: false, randomFourier: null };

function fitted(data: RawData, partial: Partial<FeatureSettings> = {}, ignored: string[] = []): FeatureMap {
  const settings = { ...PLAIN, ...partial };
  const map = new FeatureMap(whole(fitEncodings(data, settings, ignored)), null);
  if (settings.randomFourier === null) return map;
  return whole(map.withFourier(trainingFeatures(map, data), settings.randomFourier));
}

function trainingFeatures(map: FeatureMap, data: RawData): Float32Array {
  const columns = data.kind === 'table' ? featureColumns(data, map.state.ignored) : [];
  const features = new Float32Array(data.rows * map.width);
  for (let row = 0; row < data.rows; row++) {
    map.encodeTraining(data, columns, row, features.subarray(row * map.width, (row + 1) * map.width));
  }
  return features;
}

function encode(map: FeatureMap, instance: unknown) {
  const out = new Float32Array(map.width);
  const warnings = map.encode(instance, out);
  return { values: Array.from(out), warnings };
}

const rawOf = ({ columns }: PlainTable) =>
  tableOf(
    ...columns.map(({ name, type, cells }) => {
      if (type === 'number') return numberColumn(name, ...(cells as (number | null)[]));
      if (type === 'boolean') return booleanColumn(name, ...(cells as (boolean | null)[]));
      return categoryColumn(name, ...(cells as (string | null)[]));
    }),
  );

const LOANS = tableOf(
  numberColumn('income', 10, 30, null),
  categoryColumn('job', 'cook', 'actor', 'cook'),
  booleanColumn('owner', true, false, true),
);
const APPLICANT = { income: 30, job: 'actor', owner: false };

describe('the feature map of a table', () => {
  it('puts the columns one after the other', () => {
    const map = fitted(LOANS);
    expect(map.width).toBe(5);
    expect(encode(map, APPLICANT)).toEqual({ values: [1, 0, 1, 0, 0], warnings: [] });
    expect(encode(map, { owner: true, income: null, job: 'cook' })).toEqual({
      values: [0, 1, 0, 1, 1],
      warnings: [],
    });
  });

  it('gives all warnings of an instance, and zeros for what training never saw', () => {
    expect(encode(fitted(LOANS), { income: 10, job: MARKER, owner: null })).toEqual({
      values: [-1, 0, 0, 0, Math.fround(2 / 3)],
      warnings: [
        "column 'job' has a level that training never saw; it is left out",
        "column 'owner' is missing, which training never saw; its mean is used",
      ],
    });
  });

  it('encodes a training row sent as an instance to the same bits', () => {
    const settings = fc.record({
      standardise: fc.boolean(),
      unitNorm: fc.boolean(),
      randomFourier: fc.option(fc.constant({ components: 7, scale: 1.5, seed: 3 }), { nil: null }),
    });
    fc.assert(
      fc.property(tablesArbitrary, settings, (table, { randomFourier, ...rest }) => {
        const data = rawOf(table);
        const plain = fitted(data, rest);
        const features = trainingFeatures(plain, data);
        const isConstant = features.every((value, at) => value === features[at % plain.width]);
        const map = isConstant ? plain : fitted(data, { ...rest, randomFourier });
        const trained = trainingFeatures(map, data);
        for (let row = 0; row < data.rows; row++) {
          const instance = Object.fromEntries(data.columns.map((one) => [one.name, cellAt(one, row)]));
          const out = new Float32Array(map.width).fill(Number.NaN);
          expect(map.encode(instance, out)).toEqual([]);
          expect(bitsOf(out)).toBe(bitsOf(trained.subarray(row * map.width, (row + 1) * map.width)));
        }
      }),
      { seed: 111, numRuns: 150 },
    );
  });

  it('leaves ignored columns out, but lets an instance carry them with any value', () => {
    const map = fitted(LOANS, {}, ['job', 'outcome']);
    expect(map.width).toBe(3);
    for (const job of ['cook', 5, null, { any: 'thing' }]) {
      expect(encode(map, { ...APPLICANT, job, outcome: 'late' }).values).toEqual([1, 0, 0]);
    }
    expect(encode(map, { income: 30, owner: false }).values).toEqual([1, 0, 0]);
  });

  it.each([
    ['unknown_column', { ...APPLICANT, age: MARKER }, "the model has no column 'age'"],
    [
      'missing_column',
      { income: 30, job: 'cook' },
      "column 'owner' is missing; send null for a missing value",
    ],
    [
      'wrong_type',
      { ...APPLICANT, income: MARKER },
      "column 'income': expected a number or null, got a string",
    ],
    ['not_finite', { ...APPLICANT, income: Number.NaN }, "column 'income': expected a finite number"],
    ['wrong_type', [30, 'actor', false], "expected a record of the model's columns, got an array"],
    ['wrong_type', null, "expected a record of the model's columns, got null"],
    ['wrong_type', MARKER, "expected a record of the model's columns, got a string"],
    ['not_finite', { ...APPLICANT, income: 1e300 }, 'the instance: a feature overflows single precision'],
    ['not_finite', { ...APPLICANT, income: -1e300 }, 'the instance: a feature overflows single precision'],
  ])('refuses an instance with %s: %j', async (code, instance, message) => {
    expect(await refusalOf(() => encode(fitted(LOANS), instance))).toMatchObject({ code, message });
  });

  it.each(['__proto__', 'constructor', 'toString'])(
    'knows no column %s, and sees one that is sent',
    async (name) => {
      const instance = Object.assign(Object.create(null), APPLICANT);
      Object.defineProperty(instance, name, { value: 1, enumerable: true });
      expect((await refusalOf(() => encode(fitted(LOANS), instance))).code).toBe('unknown_column');
      const missing = tableOf(numberColumn(name, 1, 2));
      expect((await refusalOf(() => encode(fitted(missing), {}))).code).toBe('missing_column');
    },
  );

  it('refuses a training value that overflows single precision, naming its row', async () => {
    const data = tableOf(numberColumn('income', 1, 1e39));
    const error = await refusalOf(() => trainingFeatures(fitted(data, { standardise: false }), data));
    expect(error).toMatchObject({
      code: 'not_finite',
      message: 'row 1: a feature overflows single precision',
    });
  });

  it('does not remember the instance before', () => {
    const map = fitted(LOANS);
    const alone = encode(map, APPLICANT);
    encode(map, { income: null, job: 'cook', owner: true });
    expect(() => encode(map, { income: 1, job: 'cook', owner: 'yes' })).toThrow();
    expect(encode(map, APPLICANT)).toEqual(alone);
  });
});

describe('unit norm', () => {
  const norm = (values: readonly number[]) => Math.hypot(...values);
  const POINTS = tableOf(numberColumn('x', 1, 2), numberColumn('y', 3, 5), numberColumn('z', 8, 0));

  it('scales every row to norm 1 and leaves a row of zeros', () => {
    const numbers = fc.double({ min: -1e30, max: 1e30, noNaN: true });
    const map = fitted(POINTS, { standardise: false, unitNorm: true });
    fc.assert(
      fc.property(numbers, numbers, numbers, (x, y, z) => {
        fc.pre(norm([x, y, z]) > 1e-30);
        expect(norm(encode(map, { x, y, z }).values)).toBeCloseTo(1, 6);
      }),
      { seed: 112, numRuns: 200 },
    );
    expect(encode(map, { x: 0, y: 0, z: 0 }).values).toEqual([0, 0, 0]);
  });

  it('holds for numbers whose squares underflow', () => {
    const map = fitted(POINTS, { standardise: false, unitNorm: true });
    for (const tiny of [1e-162, 1e-200, 1e-308]) {
      expect(norm(encode(map, { x: 3 * tiny, y: 4 * tiny, z: 0 }).values)).toBeCloseTo(1, 6);
    }
  });

  it('never gives NaN when the squares overflow: the row has norm 1 or is refused', () => {
    const map = fitted(POINTS, { standardise: false, unitNorm: true });
    for (const x of [1e155, 1e200, Number.MAX_VALUE]) {
      let refused: unknown;
      try {
        expect(norm(encode(map, { x, y: x, z: 1 }).values)).toBeCloseTo(1, 6);
      } catch (error) {
        refused = error;
      }
      if (refused !== undefined) expect(refused).toMatchObject({ code: 'not_finite' });
    }
  });
});

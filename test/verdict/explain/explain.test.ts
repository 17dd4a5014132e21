import { describe, expect, it } from 'vitest';
import { encodedWidth } from '../../../src/features/column-encoding.ts';
import { gramOf } from '../../../src/fit/fit-ridge.ts';
import { variedModel } from '../../../src/fit/vary-model.ts';
import { classSums } from '../../../src/kernel/reference/class-sums.ts';
import type { Model } from '../../../src/model/model.ts';
import { contributionsTo } from '../../../src/ridge/ridge.ts';
import type { Certified } from '../../../src/verdict/certified-prediction.ts';
import { scoreInstance } from '../../../src/verdict/score-instance.ts';

import { refusalOf } from '../../support/models/refusal.ts';
import {
  bitsIn,
  certified,
  certify,
  datasetOf,
  openRegistry,
  register,
} from '../../support/models/registry.ts';
import { VARIANTS, type Variant } from '../../support/models/variants.ts';
import { WORKERS } from '../../support/models/workers.ts';

const modelOf = async ({ dataset, settings }: Variant, change: object = {}) =>
  register(await openRegistry(), 'm', dataset(), { ...settings, ...change });

const isRaw = ({ settings: { weights = 'raw' } }: Variant) => weights === 'raw';
const isLinear = (variant: Variant) =>
  isRaw(variant) &&
  !variant.settings.features?.unitNorm &&
  variant.settings.features?.randomFourier === undefined;

/** Scores of a feature vector, straight from the ridge classifier: it need not be the encoding of any instance. */
function scoresAt({ ridge, labels, classes }: Model, h: Float32Array): Float64Array {
  const alpha = new Float64Array(labels.length);
  contributionsTo(h, ridge, new Float64Array(h.length), alpha);
  const sums = new Float64Array(classes.length);
  classSums(alpha, labels, sums, new Float64Array(classes.length));
  return sums;
}

function encode(model: Model, instance: unknown): Float32Array {
  const h = new Float32Array(model.map.width);
  model.map.encode(instance, h);
  return h;
}

/** The margin of the class that is predicted against its runner-up, or the threshold, as a function of the scores. */
function marginOf({ rule, classes }: Model, { scores, prediction }: Certified) {
  const own = classes.indexOf(prediction!);
  const others = classes.map((_, c) => c).filter((c) => c !== own);
  const runnerUp = others.reduce((a, b) => (scores[classes[b]!]! > scores[classes[a]!]! ? b : a));
  return (sums: Float64Array): number => {
    if (rule.kind === 'argmax') return sums[own]! - sums[runnerUp]!;
    const above = sums[rule.positive]! - rule.value;
    return own === rule.positive ? above : -above;
  };
}

describe.each(VARIANTS.filter(isLinear))('reasons of $title', (variant) => {
  it('are what each column adds to the margin compared with a row of training means', async () => {
    const model = await modelOf(variant);
    const { features, rows } = model.ridge;
    const { width, state, offsets } = model.map;
    const mean = Float32Array.from({ length: width }, (_, k) => {
      let total = 0;
      for (let row = 0; row < rows; row++) total += features.shards[0]![row * width + k]!;
      return total / rows;
    });
    const results = await certified(model, variant.instances, { explain: { reasons: 10_000 } });
    for (const [i, result] of results.entries()) {
      const { reasons, baseline } = result.explanation!;
      const margin = marginOf(model, result);
      const h = encode(model, variant.instances[i]);
      expect(reasons!.map(({ column }) => column).sort()).toEqual(
        state.encodings.map(({ name }) => name).sort(),
      );
      expect(baseline).toBeCloseTo(margin(scoresAt(model, mean)), 6); // the means here are rounded to single
      const sum = reasons!.reduce((total, { contribution }) => total + contribution, baseline!);
      expect(Math.abs(sum - result.margin!)).toBeLessThan(1e-12 * (1 + Math.abs(result.margin!)));
      for (const [c, encoding] of state.encodings.entries()) {
        const without = h.slice();
        for (let k = offsets[c]!; k < offsets[c]! + encodedWidth(encoding); k++) without[k] = mean[k]!;
        const expected = margin(scoresAt(model, h)) - margin(scoresAt(model, without));
        const { contribution } = reasons!.find(({ column }) => column === encoding.name)!;
        expect(Math.abs(contribution - expected)).toBeLessThan(1e-6 * (1 + Math.abs(expected)));
      }
      const sizes = reasons!.map(({ contribution }) => Math.abs(contribution));
      expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    }
    const two = await certified(model, variant.instances, { explain: { reasons: 2 } });
    for (const [i, { explanation }] of two.entries())
      expect(explanation!.reasons).toEqual(results[i]!.explanation!.reasons!.slice(0, 2));
  });

  it('have a baseline of exactly 0 in a centred model without intercept or threshold', async () => {
    const model = await modelOf(variant, { centre: true, intercept: false, rule: { kind: 'argmax' } });
    for (const { explanation } of await certified(model, variant.instances, { explain: { reasons: 1 } }))
      expect(explanation!.baseline).toBe(0);
  });
});

describe.each(VARIANTS.filter(isRaw))('the radius of $title', (variant) => {
  it('bounds every move of the feature vector, and the worst one just beyond turns the served prediction', async () => {
    const model = await modelOf(variant);
    const results = await certified(model, variant.instances, { explain: { radius: true } });
    for (const [i, result] of results.entries()) {
      const { l2, linf } = result.explanation!.radius!;
      if (result.margin === 0) {
        expect([l2, linf]).toEqual([0, 0]);
        continue;
      }
      const h = encode(model, variant.instances[i]);
      const { classes, rule } = model;
      const own = classes.indexOf(result.prediction!);
      const predicts = (at: Float32Array) => {
        const sums = Array.from(scoresAt(model, at));
        if (rule.kind === 'threshold')
          return sums[rule.positive]! >= rule.value ? rule.positive : 1 - rule.positive;
        return sums.indexOf(Math.max(...sums));
      };
      // The gradient of each score, by differences: the scores are affine.
      const zero = scoresAt(model, new Float32Array(h.length));
      const gradients = Array.from(h, (_, k) => {
        const unit = new Float32Array(h.length);
        unit[k] = 1;
        return scoresAt(model, unit).map((score, c) => score - zero[c]!);
      });
      let turned = [false, false];
      for (const rival of classes.keys()) {
        if (rival === own) continue;
        const slope = gradients.map((gradient) => gradient[own]! - gradient[rival]!);
        const size = Math.hypot(...slope);
        const moves = [
          slope.map((value) => (-value / size) * l2!),
          slope.map((value) => -Math.sign(value) * linf!),
        ];
        const at = (move: readonly number[], factor: number) =>
          predicts(h.map((value, k) => value + factor * move[k]!));
        for (const move of moves) expect(at(move, 0.999)).toBe(own);
        turned = moves.map((move, m) => turned[m]! || at(move, 1.001) !== own);
      }
      expect(turned).toEqual([true, true]);
    }
  });
});

describe.each(VARIANTS)('influential rows of $title', (variant) => {
  it.each(['raw', 'sign', { clip: 0.5 }] as const)('carry the margin, with weights %j', async (weights) => {
    const model = await modelOf(variant, { weights });
    const explain = { influentialRows: 10_000 };
    const results = await certified(model, variant.instances, { explain });
    const three = await certified(model, variant.instances, { explain: { influentialRows: 3 } });
    for (const [i, result] of results.entries()) {
      const rows = result.explanation!.influentialRows!;
      const { alpha } = scoreInstance(model, variant.instances[i]);
      const { labels, classes } = model;
      const unit = (label: number) => Float64Array.from(classes, (_, c) => Number(c === label));
      const margin = marginOf(model, result);
      const none = margin(new Float64Array(classes.length));
      const weight = (label: number) => margin(unit(label)) - none;
      const all = Array.from(alpha, (value, row) => ({ row, contribution: value * weight(labels[row]!) }));
      const speaking = all.filter(({ contribution }) => contribution > 0);
      expect(rows.map(({ row }) => row).sort((a, b) => a - b)).toEqual(speaking.map(({ row }) => row));
      for (const [at, { row, label, contribution }] of rows.entries()) {
        expect(label).toBe(classes[labels[row]!]);
        expect(contribution).toBeCloseTo(all[row]!.contribution, 12);
        const next = rows[at + 1];
        if (next !== undefined) {
          expect(contribution).toBeGreaterThanOrEqual(next.contribution);
          if (contribution === next.contribution) expect(row).toBeLessThan(next.row);
        }
      }
      expect(three[i]!.explanation!.influentialRows).toEqual(rows.slice(0, 3));
    }
  });
});

describe('an explanation', () => {
  const [loans] = VARIANTS;
  const everything = {
    breakingSet: true,
    radius: true,
    reasons: 3,
    influentialRows: 5,
    invariantTo: ['income', 'job'],
  };

  it('has what was asked for alone, and changes nothing else', async () => {
    const model = await modelOf(loans!);
    const plain = await certified(model, loans!.instances);
    const explained = await certified(model, loans!.instances, { explain: everything });
    for (const [i, { explanation, ...rest }] of explained.entries()) {
      expect(bitsIn(rest)).toBe(bitsIn(plain[i]));
      expect(Object.keys(explanation!)).toEqual([
        'breakingSet',
        'radius',
        'reasons',
        'baseline',
        'influentialRows',
        'invariance',
      ]);
    }
    for (const [name, asked] of Object.entries(everything)) {
      const alone = await certified(model, loans!.instances, { explain: { [name]: asked } });
      for (const [i, { explanation }] of alone.entries())
        expect(explained[i]!.explanation).toMatchObject(explanation!);
    }
  });

  it('is the same after the workspace was used for others, and for instances in any order', async () => {
    const model = await modelOf(loans!);
    const forwards = await certified(model, loans!.instances, { explain: everything });
    const backwards = await certified(model, loans!.instances.toReversed(), { explain: everything });
    expect(bitsIn(backwards.toReversed())).toBe(bitsIn(forwards));
  });

  it.each([
    { change: { weights: 'sign' }, refused: ['radius', 'reasons', 'invariantTo'], setting: 'weights' },
    {
      change: { features: { unitNorm: true } },
      refused: ['reasons', 'invariantTo'],
      setting: 'features.unitNorm',
    },
    {
      change: { features: { randomFourier: { components: 9, scale: 1, seed: 4 } } },
      refused: ['reasons', 'invariantTo'],
      setting: 'features.randomFourier',
    },
  ])('is refused where the model is not linear: $setting', async ({ change, refused, setting }) => {
    const model = await modelOf(loans!, change);
    for (const [name, asked] of Object.entries(everything)) {
      const ask = () => certify(model, loans!.instances, { explain: { [name]: asked } });
      if (refused.includes(name)) {
        const refusal = await refusalOf(ask);
        expect(refusal.code).toBe('not_linear');
        expect(refusal.message).toContain(`explain.${name}`);
        expect(refusal.message).toContain(setting);
      } else expect(await ask()).toHaveLength(loans!.instances.length);
    }
  });

  it('is refused where the coefficients would fill the memory', async () => {
    const model = await modelOf(loans!);
    const classes = new Array<string>(1 + 8_000_000 / model.map.width).fill('class');
    const wide = { ...model, ridge: { ...model.ridge }, classes };
    const refusal = await refusalOf(() => certify(wide, loans!.instances, { explain: { radius: true } }));
    expect(refusal.code).toBe('too_many_features');
    expect(refusal.message).toContain('more than the 8000000 coefficients');
  });

  it('is proven far from any tie, in whatever units columns come: an income as it is, beside a small absolute lambda', async () => {
    const rows = Array.from({ length: 200 }, (_, row) => ({
      income: 900 + ((row * 7919) % 5000),
      owner: row % 3 === 0,
    }));
    const table = {
      columns: [
        { name: 'income', type: 'number', cells: rows.map(({ income }) => income) },
        { name: 'owner', type: 'boolean', cells: rows.map(({ owner }) => owner) },
      ],
      labels: rows.map(({ income }) => (income > 3000 ? 'good' : 'bad')),
    } as const;
    const settings = { features: { standardise: false }, lambda: { absolute: 1e-6 } };
    const model = await register(await openRegistry(), 'm', datasetOf(table), settings);
    const explain = { radius: true, invariantTo: ['owner'] };
    const [one] = await certified(model, [{ income: 5500, owner: true }], { explain });
    expect(one!.explanation!.radius).toMatchObject({ proven: true });
    expect(one!.explanation!.radius!.l2).toBeGreaterThan(1);
    expect(one!.explanation!.invariance).toEqual({ columns: ['owner'], invariant: true });
  });

  it('speaks of the ridge that the model has, also in one that shares its labels and has another', async () => {
    const one = await modelOf(loans!);
    const other = await modelOf(loans!, { lambda: { absolute: 500 } });
    const gram = await gramOf(one.ridge.features, one.ridge.means, WORKERS);
    const varied = await variedModel(one, gram, { lambda: { absolute: 500 } }, WORKERS);
    const ask = (model: Model) => certified(model, loans!.instances, { explain: { radius: true } });
    const [ofOne, ofVaried, ofOther] = [await ask(one), await ask(varied), await ask(other)];
    expect(ofVaried.map(({ explanation }) => explanation)).toEqual(
      ofOther.map(({ explanation }) => explanation),
    );
    expect(ofVaried[0]!.explanation).not.toEqual(ofOne[0]!.explanation);
  });
});

import { describe, expect, it } from 'vitest';
import { checkNoise, decisionRule } from '../../src/model/settings.ts';
import { refusalOf } from '../support/models/refusal.ts';
import { completeFrom } from '../support/models/settings.ts';

describe('completeSettings', () => {
  it('fills in the defaults of the interface', () => {
    expect(completeFrom({}, ['bad', 'good'], 'table')).toEqual({
      centre: true,
      intercept: false,
      lambda: { relative: 1 },
      rule: { kind: 'argmax' },
      noise: { q: 0.2 },
      weights: 'raw',
      partitions: null,
      features: { standardise: true, unitNorm: false, randomFourier: null },
    });
  });

  it('standardises tables, not ready-made features, unless told otherwise', () => {
    const standardise = (kind: 'table' | 'vectors', given?: boolean) =>
      completeFrom({ features: { standardise: given } }, ['a', 'b'], kind).features.standardise;
    expect([standardise('table'), standardise('vectors')]).toEqual([true, false]);
    expect([standardise('table', false), standardise('vectors', true)]).toEqual([false, true]);
  });

  it('takes the last class for the positive one of a threshold', () => {
    const rule = { kind: 'threshold', value: 0.5 } as const;
    expect(completeFrom({ rule }, ['bad', 'good']).rule).toEqual({ ...rule, positive: 'good' });
    expect(completeFrom({ rule: { ...rule, positive: 'bad' } }, ['bad', 'good']).rule).toEqual({
      ...rule,
      positive: 'bad',
    });
  });

  it.each([
    { q: 0.5, classes: 2 },
    { q: 0.2, classes: 1 },
    { q: 2 / 3, classes: 3 },
    { q: 0.9, classes: 10 },
  ])('refuses q = $q for $classes classes', async ({ q, classes }) => {
    const names = Array.from({ length: classes }, (_, k) => `c${k}`);
    const error = await refusalOf(() => completeFrom({ noise: { q } }, names));
    expect(error.code).toBe('invalid_settings');
    expect(error.message).toContain(`noise.q: expected 0 < q < ${classes - 1}/${classes}`);
  });

  it('takes q up to (K - 1)/K', () => {
    for (const [q, classes] of [
      [0.4999, 2],
      [0.5, 3],
      [0.8999, 10],
    ] as const)
      expect(checkNoise(q, classes)).toEqual({ q, classes });
  });

  it.each([0, -0.1, 1, Number.NaN, Infinity])('refuses q = %d', async (q) => {
    expect((await refusalOf(() => checkNoise(q, 3))).code).toBe('invalid_settings');
  });
});

describe('decisionRule', () => {
  const threshold = (classes: string[], positive?: string) =>
    decisionRule(completeFrom({ rule: { kind: 'threshold', value: 0.5, positive } }, classes), classes);

  it('turns the positive class into its number', () => {
    expect(threshold(['bad', 'good'])).toEqual({ kind: 'threshold', value: 0.5, positive: 1 });
    expect(threshold(['bad', 'good'], 'bad')).toEqual({ kind: 'threshold', value: 0.5, positive: 0 });
    expect(decisionRule(completeFrom(), ['a', 'b', 'c'])).toEqual({ kind: 'argmax' });
  });

  it.each([
    { classes: ['a', 'b', 'c'], positive: undefined, says: 'a threshold needs two classes, the data has 3' },
    { classes: ['a', 'b', 'c'], positive: 'c', says: 'a threshold needs two classes' },
    { classes: ['bad', 'good'], positive: 'Good', says: "rule.positive: 'Good' is not one of the classes" },
    { classes: ['bad', 'good'], positive: '', says: 'rule.positive' },
    { classes: ['bad', 'good'], positive: 'constructor', says: 'rule.positive' },
  ])(
    'refuses a threshold for $classes with positive class $positive',
    async ({ classes, positive, says }) => {
      const error = await refusalOf(() => threshold(classes, positive));
      expect(error.code).toBe('invalid_settings');
      expect(error.message).toContain(says);
    },
  );
});

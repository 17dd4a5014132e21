import { describe, expect, it } from 'vitest';
import { datasetFromRows } from '../../../src/ingest/json.ts';
import type { Model } from '../../../src/model/model.ts';
import type { Invariance } from '../../../src/verdict/certified-prediction.ts';
import {
  cellOf,
  changed,
  combinations,
  type Domain,
  domainsOf,
  predictions,
} from '../../support/models/domains.ts';
import { refusalOf } from '../../support/models/refusal.ts';
import {
  certified,
  certify,
  datasetOf,
  openRegistry,
  register,
  vectorsOf,
} from '../../support/models/registry.ts';
import { LIMITS } from '../../support/models/settings.ts';
import type { Cell, PlainColumn } from '../../support/models/tables.ts';
import { VARIANTS, type Variant } from '../../support/models/variants.ts';

const LINEAR = VARIANTS.filter(
  ({ settings: { features, weights = 'raw' } }) =>
    weights === 'raw' && !features?.unitNorm && features?.randomFourier === undefined,
);

const modelOf = async ({ dataset, settings }: Variant) =>
  register(await openRegistry(), 'm', dataset(), settings);

async function invarianceOf(model: Model, instances: readonly unknown[], columns: readonly string[]) {
  const results = await certified(model, instances, { explain: { invariantTo: columns } });
  return results.map(({ explanation }) => explanation!.invariance!);
}

/** All sets of one and two columns, and all columns. */
function subsets<T>(items: readonly T[]): T[][] {
  const pairs = items.flatMap((a, i) => items.slice(i + 1).map((b) => [a, b]));
  return [...items.map((one) => [one]), ...pairs, [...items]];
}

/** The distance that numbers move, in encoded units; Infinity where a number goes missing. */
function distanceOf(
  model: Model,
  instance: unknown,
  domains: readonly Domain[],
  values: Record<string, Cell>,
) {
  return Object.entries(values).reduce((sum, [name, cell]) => {
    const { range } = domains.find((domain) => domain.name === name)!;
    const own = cellOf(instance, name);
    if (range === null || own === null || cell === own) return sum;
    if (cell === null) return Number.POSITIVE_INFINITY;
    const unit = model.settings.features.standardise ? range.deviation : 1;
    return sum + Math.abs(Number(cell) - Number(own)) / unit;
  }, 0);
}

describe.each(LINEAR)('invariance of $title', (variant) => {
  it('is what enumerating the domain through the served classifier gives, with the nearest counterfactual', async () => {
    const model = await modelOf(variant);
    let invariant = 0;
    let turned = 0;
    for (const domains of subsets(domainsOf(variant))) {
      const names = domains.map(({ name }) => name);
      const answers = await invarianceOf(model, variant.instances, names);
      const before = await predictions(model, variant.instances);
      for (const [k, answer] of answers.entries()) {
        const instance = variant.instances[k];
        const all = [...combinations(instance, domains, domains.length > 2 ? 4 : 12)];
        const after = await predictions(
          model,
          all.map((values) => changed(instance, values)),
        );
        const turning = all.filter((_, i) => after[i] !== before[k]);
        expect(answer.columns).toEqual(names);
        if (answer.invariant) {
          invariant++;
          expect(turning).toEqual([]);
          expect(Object.keys(answer)).toEqual(['columns', 'invariant']);
          continue;
        }
        turned++;
        const { counterfactual, prediction } = answer as Required<Invariance>;
        expect(prediction).not.toBe(before[k]);
        expect(await predictions(model, [changed(instance, counterfactual)])).toEqual([prediction]);
        const size = Object.keys(counterfactual).length;
        const distance = distanceOf(model, instance, domains, counterfactual);
        for (const [name, cell] of Object.entries(counterfactual)) {
          const { values, range } = domains.find((domain) => domain.name === name)!;
          expect(cell).not.toBe(cellOf(instance, name));
          if (typeof cell === 'number') {
            expect(cell).toBeGreaterThanOrEqual(range!.least);
            expect(cell).toBeLessThanOrEqual(range!.most);
          } else expect(values).toContain(cell);
        }
        for (const values of turning) {
          const moved = Object.entries(values).filter(([name, cell]) => cell !== cellOf(instance, name));
          expect(moved.length).toBeGreaterThanOrEqual(size);
          if (moved.length > size || moved.some(([name]) => cellOf(instance, name) === null)) continue;
          const further = distanceOf(model, instance, domains, values);
          expect(further).toBeGreaterThanOrEqual(distance * (1 - 1e-5));
        }
      }
    }
    expect(invariant).toBeGreaterThan(5);
    expect(turned).toBeGreaterThan(5);
  });

  it('has for a single number the very nearest value that turns the prediction, found by bisection too', async () => {
    const model = await modelOf(variant);
    let checked = 0;
    for (const { name, range } of domainsOf(variant)) {
      if (range === null) continue;
      const answers = await invarianceOf(model, variant.instances, [name]);
      for (const [k, { counterfactual }] of answers.entries()) {
        const instance = variant.instances[k];
        const own = cellOf(instance, name);
        const value = counterfactual?.[name];
        if (typeof value !== 'number' || typeof own !== 'number') continue;
        const [before] = await predictions(model, [instance]);
        let stands = Math.min(Math.max(own, range.least), range.most);
        let turns = value;
        for (;;) {
          const half = stands / 2 + turns / 2;
          const middle = Array.isArray(instance) ? Math.fround(half) : half;
          if (middle === stands || middle === turns) break;
          const [after] = await predictions(model, [changed(instance, { [name]: middle })]);
          if (after === before) stands = middle;
          else turns = middle;
        }
        if (stands !== value) expect(turns).toBe(value); // unless it is the end of the interval next to its own
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(0);
  });
});

describe('invariance', () => {
  const [loans] = VARIANTS;

  it('to columns that are no features is certain', async () => {
    const table = await loans!.dataset();
    const model = await register(await openRegistry(), 'm', { ...table, ignored: ['owner'] });
    const [answer] = await invarianceOf(model, loans!.instances.slice(0, 1), ['owner']);
    expect(answer).toEqual({ columns: ['owner'], invariant: true });
    const [two] = await invarianceOf(model, loans!.instances.slice(0, 1), ['owner', 'income']);
    expect(two!.columns).toEqual(['owner', 'income']);
  });

  it('covers a missing value where training had one, and from there every number', async () => {
    const known = [4, 5, 6, 5, 4, 6, 5, 5];
    const flags = {
      name: 'flag',
      type: 'boolean',
      cells: [...known, ...known].map((_, row) => row % 2 === 0),
    };
    const labels = [...known.map(() => 'good'), ...known.map(() => 'bad')];
    for (const values of [known, known.map(() => 7)]) {
      const x = { name: 'x', type: 'number', cells: [...values, ...values.map(() => null)] };
      const table = { columns: [x, flags] as PlainColumn[], labels };
      const model = await register(await openRegistry(), 'm', datasetOf(table));
      const instances = [
        { x: 5, flag: true },
        { x: null, flag: true },
      ];
      const [present, missing] = await invarianceOf(model, instances, ['x', 'flag']);
      expect(present).toMatchObject({ invariant: false, counterfactual: { x: null }, prediction: 'bad' });
      expect(missing).toMatchObject({ invariant: false, prediction: 'good' });
      expect(Object.keys(missing!.counterfactual!)).toEqual(['x']);
      expect(values).toContain(missing!.counterfactual!.x);
      const flag = { columns: ['flag'], invariant: true };
      expect(await invarianceOf(model, instances, ['flag'])).toEqual([flag, flag]);
    }
  });

  it('covers the value of the instance, whatever it is', async () => {
    const model = await modelOf(loans!);
    const odd = [{ income: 1e7, months: 1e4, job: 'pilot', owner: true }];
    const [answer] = await invarianceOf(model, odd, ['job', 'income', 'months']);
    const [before] = await predictions(model, odd);
    if (answer!.invariant) throw new Error('expected values far outside to decide alone');
    const [after] = await predictions(model, [changed(odd[0], answer!.counterfactual!)]);
    expect(after).toBe(answer!.prediction);
    expect(after).not.toBe(before);
  });

  it('is not claimed at a tie, and has no counterfactual that does not turn', async () => {
    // Both classes have the same rows, so no feature tells them apart.
    const cells = [1, 1, 2, 2, 3, 3];
    const labels = cells.map((_, row) => 'ab'[row % 2]!);
    const table = datasetOf({ columns: [{ name: 'x', type: 'number', cells }], labels });
    const model = await register(await openRegistry(), 'm', table);
    const [answer] = await invarianceOf(model, [{ x: 2.5 }], ['x']);
    expect(answer).toEqual({ columns: ['x'], invariant: null });
  });

  it('finds what turns also where rounding hides where exactly: a step of the number is less than the error', async () => {
    const features = [
      [900, 1e-4],
      [-1100, 3e-4],
      [1300, 0],
      [-700, 2e-4],
    ];
    const settings = { centre: false, lambda: { absolute: 1e5 } };
    const registerAt = async (value: number) =>
      register(await openRegistry(), 'm', vectorsOf(features, ['a', 'b', 'b', 'a']), {
        ...settings,
        rule: { kind: 'threshold', value, positive: 'b' },
      });
    const instance = [1000, 0];
    const far = [1000, 3e-4];
    const [from, to] = (await certified(await registerAt(0), [instance, far])).map(({ scores }) => scores.b!);
    expect(from).not.toBe(to);
    let found = 0;
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      const model = await registerAt(from! + share * (to! - from!));
      const [before] = await predictions(model, [instance]);
      const [{ invariant, counterfactual }] = (await invarianceOf(model, [instance], ['1'])) as [Invariance];
      expect(invariant).toBe(false);
      if (counterfactual === undefined) continue;
      found++;
      expect(await predictions(model, [changed(instance, counterfactual)])).not.toEqual([before]);
    }
    expect(found).toBe(5);
  });

  describe.each([
    {
      title: 'rows of one kind in both classes, one-hot columns that determine each other',
      types: { q: 'boolean', a: 'category', c: 'boolean', d: 'boolean' },
      rows: [
        [true, 'x', false, false, 'b'],
        [false, 'x', false, false, 'a'],
        [false, 'x', false, false, 'b'],
        [false, 'z', false, true, 'a'],
        [true, 'x', false, false, 'b'],
        [true, 'x', false, false, 'a'],
      ],
      instance: { q: true, a: 'never', c: false, d: true },
      change: { a: 'x' },
      lambda: 0.01,
    },
    {
      title: 'the same with next to no regularisation',
      types: { q: 'category', a: 'category', c: 'category' },
      rows: [
        ['x', 'x', null, 'b'],
        [null, 'y', 'z', 'a'],
        ['x', 'x', null, 'b'],
        ['z', 'y', 'x', 'b'],
        ['x', 'x', null, 'b'],
        ['z', 'y', 'x', 'a'],
        ['x', 'x', null, 'b'],
      ],
      instance: { q: 'y', a: 'x', c: 'z' },
      change: { q: null },
      lambda: 1e-9,
      settings: { intercept: true, rule: { kind: 'threshold', value: 0.3, positive: 'b' } },
    },
  ] as const)('where rounding decides: $title', ({ types, rows, instance, change, lambda, ...more }) => {
    it('is not claimed of what the served classifier predicts otherwise', async () => {
      const classes = ['b', 'a'];
      const options = { target: 'outcome', columnTypes: types, classes };
      const table = await datasetFromRows([...Object.keys(types), 'outcome'], rows, options, LIMITS);
      const settings = {
        features: { standardise: lambda !== 1e-9 },
        lambda: { relative: lambda },
        ...('settings' in more && more.settings),
      };
      const model = await register(await openRegistry(), 'm', table, settings);
      const [before, after] = await predictions(model, [instance, changed(instance, change)]);
      expect(after).not.toBe(before);
      const [answer] = await invarianceOf(model, [instance], Object.keys(change));
      expect(answer!.invariant).toBe(false);
    });
  });

  it('looks on where a number leads to a tie only: all scores are 0 at the origin', async () => {
    // Not centred, so that 0 makes all scores 0, and the numbers next to 0 are many.
    const rows = [
      [2, 'z', 'b'],
      [0.2, 'z', 'a'],
      [1, 'y', 'c'],
      [100, 'z', 'b'],
      [0.1, 'y', 'a'],
      [0, 'y', 'b'],
      [1, 'y', 'a'],
      [1, 'z', 'c'],
      [0, 'z', 'b'],
      [3, 'y', 'c'],
    ];
    const options = { target: 'outcome', classes: ['b', 'a', 'c'] };
    const table = await datasetFromRows(['q', 'a', 'outcome'], rows, options, LIMITS);
    const settings = { centre: false, features: { standardise: false } };
    const model = await register(await openRegistry(), 'm', table, settings);
    const instance = { q: 100, a: 'never' };
    const [before, atOrigin, after] = await predictions(
      model,
      [{}, { q: 0 }, { q: 0, a: 'y' }].map((values) => changed(instance, values)),
    );
    expect(atOrigin).toBe(before);
    expect(after).not.toBe(before);
    const [answer] = await invarianceOf(model, [instance], ['q', 'a']);
    expect(answer!.counterfactual).toBeDefined();
    const [turned] = await predictions(model, [changed(instance, answer!.counterfactual!)]);
    expect(turned).toBe(answer!.prediction);
    expect(turned).not.toBe(before);
  });

  it('tries a missing value where a number leads to a tie only', async () => {
    const rows = [
      [1e-5, 'b'],
      [null, 'a'],
      [1, 'c'],
      [1, 'b'],
      [1e-5, 'c'],
      [1, 'a'],
      [1e-5, 'c'],
    ];
    const options = { target: 'outcome', classes: ['b', 'a', 'c'] };
    const table = await datasetFromRows(['q', 'outcome'], rows, options, LIMITS);
    const settings = { intercept: true, features: { standardise: false }, lambda: { relative: 1e-6 } };
    const model = await register(await openRegistry(), 'm', table, settings);
    const [answer] = await invarianceOf(model, [{ q: 0 }], ['q']);
    expect(answer).toEqual({
      columns: ['q'],
      invariant: false,
      counterfactual: { q: null },
      prediction: 'a',
    });
  });

  it('is not claimed where a number that speaks for nothing turns the served classifier by rounding', async () => {
    const settings = {
      centre: false,
      intercept: false,
      lambda: { absolute: 1 },
      features: { standardise: false },
    };
    const dataset = vectorsOf(
      [
        [-3, 5],
        [-5, -3],
        [-8, 0],
        [0, 0],
      ],
      ['a', 'a', 'b', 'b'],
    );
    const model = await register(await openRegistry(), 'm', dataset, settings);
    const tiny = 1e-20; // the first coefficient is exactly 0, so that its column adds nothing but rounding
    const served = await certified(model, [
      [0, tiny],
      [-7.25, tiny],
    ]);
    expect(served.map(({ prediction }) => prediction)).toEqual(['a', 'b']);
    const [answer] = await invarianceOf(model, [[0, tiny]], ['0']);
    expect(answer!.invariant).not.toBe(true);
  });

  it('is refused where the model was stored without the ranges of its numbers', async () => {
    const model = await modelOf(loans!);
    for (const encoding of model.map.state.encodings) {
      Object.assign(encoding, { least: undefined, most: undefined });
    }
    const instances = loans!.instances.slice(0, 1);
    const refusal = await refusalOf(() =>
      certify(model, instances, { explain: { invariantTo: ['income'] } }),
    );
    expect(refusal.code).toBe('invalid_settings');
    expect(refusal.message).toMatch(/without the range of column 'income'; delete this version/);
    expect(await invarianceOf(model, instances, ['job'])).toHaveLength(1);
  });
});

import { expect, it } from 'vitest';
import { refusalOf } from '../support/models/refusal.ts';
import { certified, openRegistry, register, vectorsOf } from '../support/models/registry.ts';

/*
 * Rows 0 and 1 contribute alike to the query, rows 2 and 3 nothing:
 *
 *   labels      scores
 *   a a b b     a: 2  b: 0          a, certified for one flip:
 *   b a b b     a: 1  b: 1          a, by the tie
 *   0 a b b     0: 1  a: 1  b: 0    0, by the tie, after one change to a class that was not there
 */
const FEATURES = [[1], [1], [0], [0]];
const settings = { centre: false };
const WARNING = /^classes_not_declared: /;

it('a label spelled as a new class can turn what is certified where the classes are not declared, which is warned of', async () => {
  const registry = await openRegistry();
  const model = await register(registry, 'm', vectorsOf(FEATURES, ['a', 'a', 'b', 'b']), settings);
  expect(model.warnings).toEqual([expect.stringMatching(WARNING)]);
  const [result] = await certified(model, [[1]]);
  expect(result).toMatchObject({ prediction: 'a', certificate: { flips: 1 } });
  const attacked = await register(registry, 'm', vectorsOf(FEATURES, ['0', 'a', 'b', 'b']), settings);
  expect((await certified(attacked, [[1]]))[0]!.prediction).toBe('0');
});

it('where they are declared it is refused, and nothing is warned of', async () => {
  const classes = ['a', 'b'];
  const declared = vectorsOf(FEATURES, ['a', 'a', 'b', 'b'], classes);
  expect((await register(await openRegistry(), 'm', declared, settings)).warnings).toEqual([]);
  const refusal = await refusalOf(() => vectorsOf(FEATURES, ['0', 'a', 'b', 'b'], classes));
  expect(refusal.code).toBe('unknown_label');
});

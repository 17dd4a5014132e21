import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.ts';
import type { Certified, LabelPartitionResult } from '../../src/verdict/certified-prediction.ts';
import { trained } from '../support/models/ensembles.ts';
import { certified, vectorsOf } from '../support/models/registry.ts';
import type { PartialSettings } from '../support/models/settings.ts';

const CLASSES = ['first', 'second'];

const modelOf = async (features: number[][], labels: number[], settings: PartialSettings): Promise<Model> =>
  trained(
    await vectorsOf(
      features,
      labels.map((label) => CLASSES[label]),
      CLASSES,
    ),
    settings,
  );

const vote = async (model: Model, instances: number[][]): Promise<Certified[]> =>
  certified(model, instances, { method: 'partition' });
const proofOf = ({ certificate }: Certified) => certificate as LabelPartitionResult;

/** Points of one partition out of `count`, all different, found by dealing more than are needed. */
async function together(count: number, needed: number): Promise<number[][]> {
  const features = Array.from({ length: 40 * count }, (_, row) => [row, (row * row) % 17]);
  const labels = features.map((_, row) => row % 2);
  const { ensemble } = await modelOf(features, labels, { partitions: { count, threat: 'labels' } });
  const largest = ensemble!.members.reduce((a, b) => (b.rows.length > a.rows.length ? b : a));
  return Array.from(largest.rows.subarray(0, needed), (row) => features[row]!);
}

describe('partitions with little in them', () => {
  it('without rows vote for the first class under argmax', async () => {
    const model = await modelOf([[1], [1], [2]], [1, 1, 0], {
      partitions: { count: 1000, threat: 'labels' },
    });
    expect(model.ensemble!.members.filter(({ rows }) => rows.length === 0)).toHaveLength(998);
    const [result] = await vote(model, [[5]]);
    const { flips, votes } = proofOf(result!);
    expect([votes.first! >= 998, flips]).toEqual([true, 3]); // no more than there are labels
  });

  it.each([
    { value: 0, first: 0 },
    { value: -0.5, first: 0 },
    { value: 0.5, first: 998 },
  ])('without rows have the score 0 under a threshold of $value', async ({ value, first }) => {
    const rule = { kind: 'threshold' as const, value };
    const model = await modelOf([[1], [1], [2]], [1, 1, 0], {
      partitions: { count: 1000, threat: 'labels' },
      rule,
    });
    const [result] = await vote(model, [[5]]);
    expect(Math.abs(proofOf(result!).votes.first! - first)).toBeLessThanOrEqual(2);
  });

  it('with one row alone contribute nothing, or all of it with an intercept', async () => {
    const features = [[0], [1], [2]];
    const settings = { partitions: { count: 997, threat: 'labels' as const } };
    const centred = await modelOf(features, [1, 1, 1].with(0, 0), settings);
    expect(centred.ensemble!.members.filter(({ rows }) => rows.length === 1)).toHaveLength(3);
    expect(proofOf((await vote(centred, [[2]]))[0]!).votes).toEqual({ first: 997, second: 0 });
    const intercept = await modelOf(features, [0, 1, 1], { ...settings, intercept: true });
    expect(proofOf((await vote(intercept, [[2]]))[0]!).votes).toEqual({ first: 995, second: 2 });
    const absolute = await modelOf(features, [0, 1, 1], {
      ...settings,
      intercept: true,
      lambda: { absolute: 1 },
    });
    expect(proofOf((await vote(absolute, [[2]]))[0]!).votes).toEqual({ first: 995, second: 2 });
  });

  it('of copies of one row go by the majority with an intercept; one flip more than half turns them', async () => {
    const labels = [1, 1, 1, 1, 0, 0];
    const features = labels.map(() => [3, 4]);
    const other = [
      [1, 2],
      [5, 1],
    ];
    const model = await modelOf([...features, ...other], [...labels, 0, 1], {
      partitions: { count: 1000, threat: 'labels' },
      intercept: true,
    });
    const largest = model.ensemble!.members.find(({ rows }) => rows.length === 6)!;
    expect(Array.from(largest.rows)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(largest.ridge).toBeNull();
    const [result] = await vote(model, [[3, 4]]);
    expect(proofOf(result!).votes.second).toBe(2);
  });

  it('of one class only are decided by their scores, and certified like any other', async () => {
    const features = await together(3, 6);
    const settings: PartialSettings = { partitions: { count: 3, threat: 'labels' }, intercept: true };
    const others = [
      [500, 1],
      [501, 1],
      [502, 3],
      [503, 1],
      [504, 9],
    ];
    const model = await modelOf(
      [...features, ...others],
      [...features.map(() => 1), ...others.map(() => 0)],
      settings,
    );
    const [result] = await vote(model, [features[0]!]);
    expect(result!.scores.second).toBeGreaterThanOrEqual(1);
  });

  it.each(['raw', 'sign', { clip: 0.3 }, { top: 5, rest: -1 }] satisfies PartialSettings['weights'][])(
    'take weights %j with fewer rows than those mark',
    async (weights) => {
      const features = Array.from({ length: 7 }, (_, row) => [row, row % 3]);
      const labels = [0, 1, 0, 1, 1, 0, 1];
      for (const threat of ['labels', 'rows'] as const) {
        const model = await modelOf(features, labels, { partitions: { count: 5, threat }, weights });
        for (const { scores } of await vote(model, [[2, 2]])) {
          expect(scores.first! + scores.second!).toBe(5);
        }
      }
    },
  );

  it('count contributions that are not finite as none, where the exact method refuses the instance', async () => {
    // M = lambda I for all-zero features, so u = h / lambda overflows and 0 u is NaN.
    const model = await modelOf([[0], [0], [0]], [1, 1, 0], {
      partitions: { count: 3, threat: 'labels' },
      lambda: { absolute: 1e-320 },
      centre: false,
    });
    await expect(certified(model, [[1e38]])).rejects.toThrow('overflow');
    const [result] = await vote(model, [[1e38]]);
    expect(result!.scores).toEqual({ first: 3, second: 0 });
    expect(proofOf(result!).whiteBoxFlips).toBe(3);
  });
});

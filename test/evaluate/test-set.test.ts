import { describe, expect, it } from 'vitest';
import { readTestSet } from '../../src/evaluate/test-set.ts';
import { failureOf, MARKER, NUMBER_MARKER, refusalOf } from '../support/models/refusal.ts';
import { datasetOf, openRegistry, register, vectorsOf } from '../support/models/registry.ts';
import { LOAN_INSTANCES, LOANS } from '../support/models/variants.ts';
import { cpuTime } from '../support/process/cpu-time.ts';

const never = new AbortController().signal;
const loans = async () => register(await openRegistry(), 'm', datasetOf(LOANS));
const LABELS = ['good', 'bad', 'good', 'bad', 'good', 'bad'];

describe('a test set', () => {
  it('is its instances and labels, where all of them fit', async () => {
    const test = await readTestSet(await loans(), LOAN_INSTANCES, LABELS, never);
    expect(test).toEqual({ instances: LOAN_INSTANCES, labels: LABELS });
  });

  it('names classes as a registration does: by the text of a number or boolean', async () => {
    const model = await register(await openRegistry(), 'm', vectorsOf([[1], [2], [3]], [0, 1, 0]));
    expect((await readTestSet(model, [[1], [2]], [1, '0'], never)).labels).toEqual(['1', '0']);
  });

  it('needs a label for each instance', async () => {
    const error = await refusalOf(async () =>
      readTestSet(await loans(), LOAN_INSTANCES, LABELS.slice(1), never),
    );
    expect([error.code, error.message]).toEqual(['row_length', 'labels: expected 6, one an instance, got 5']);
  });

  it.each([
    [MARKER, 'another text'],
    [NUMBER_MARKER, 'a number'],
    [null, 'null'],
    [['good'], 'an array'],
    ['__proto__', 'another text'],
  ])('needs labels that are classes: not %j', async (label, got) => {
    const labels = LABELS.with(3, label as string);
    const error = await refusalOf(async () => readTestSet(await loans(), LOAN_INSTANCES, labels, never));
    expect([error.code, error.message]).toEqual([
      'unknown_label',
      `labels: entry 3: expected one of the 2 classes of the model, got ${got}`,
    ]);
  });

  it('is refused as a whole where one instance does not fit, and names the first hundred that do not', async () => {
    const model = await loans();
    const bad = { ...LOAN_INSTANCES[0], income: MARKER };
    const one = await refusalOf(() => readTestSet(model, LOAN_INSTANCES.with(4, bad), LABELS, never));
    expect(one.code).toBe('invalid_instances');
    expect(one.message).toBe('1 of the 6 instances do not fit the model, so nothing was evaluated');
    expect(one.misfits).toEqual([
      { path: '/instances/4', message: expect.stringMatching(/^wrong_type: column 'income'/) },
    ]);
    const many = Array(3000).fill([NUMBER_MARKER]);
    const all = await refusalOf(() => readTestSet(model, many, Array(3000).fill('good'), never));
    expect(all.message).toMatch(/^3000 of the 3000 instances/);
    expect(all.misfits).toHaveLength(100);
    expect(all.misfits[99]!.path).toBe('/instances/99');
  });

  it('stops being read with the reason of its signal, and leaves turns to others', async () => {
    const model = await loans();
    const instances = Array(500_000).fill(LOAN_INSTANCES[0]);
    const controller = new AbortController();
    const reason = new Error('the client has gone');
    setTimeout(() => controller.abort(reason), 30);
    const began = cpuTime();
    const labels = Array(500_000).fill('good');
    expect(await failureOf(() => readTestSet(model, instances, labels, controller.signal))).toBe(reason);
    expect(cpuTime() - began).toBeLessThan(1000);
  });
});

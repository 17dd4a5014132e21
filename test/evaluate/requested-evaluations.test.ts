import { describe, expect, it } from 'vitest';
import { type RequestedEvaluation, requestedEvaluations } from '../../src/evaluate/requested-evaluations.ts';
import { refusalOf } from '../support/models/refusal.ts';
import { openRegistry, register, tinyDataset } from '../support/models/registry.ts';

const model = async () => register(await openRegistry(), 'm', tinyDataset(5), { noise: { q: 0.3 } });
const names = async (compare: RequestedEvaluation[]) =>
  requestedEvaluations(await model(), { method: 'exact' }, compare).map(({ name }) => name);

describe('the evaluations of a request', () => {
  it("are one of the request's own method, without compare", async () => {
    expect(requestedEvaluations(await model(), { method: 'exact' })).toEqual([
      { name: 'exact', method: 'exact', q: 0.3 },
    ]);
    expect(requestedEvaluations(await model(), { method: 'smoothed', noise: { q: 0.1 } })).toEqual([
      { name: 'smoothed, q = 0.1', method: 'smoothed', q: 0.1 },
    ]);
  });

  it('inherit method and noise, and override them', async () => {
    const shared = { method: 'smoothed', noise: { q: 0.1 } } as const;
    const compare = [{}, { method: 'exact' }, { noise: { q: 0.2 } }] as const;
    expect(requestedEvaluations(await model(), shared, compare)).toMatchObject([
      { method: 'smoothed', q: 0.1 },
      { method: 'exact' },
      { method: 'smoothed', q: 0.2 },
    ]);
  });

  it('are called by their method and what is varied', async () => {
    expect(
      await names([
        { method: 'smoothed', noise: { q: 0.05 }, lambda: { absolute: 5000 } },
        { lambda: { relative: 100 }, weights: 'sign' },
        { weights: 'raw' },
        { weights: { clip: 0.5 } },
        { weights: { top: 3, rest: -1 } },
        { name: 'mine', weights: 'sign' },
      ]),
    ).toEqual([
      'smoothed, q = 0.05, lambda 5000 (absolute)',
      'exact, lambda 100 (relative), sign weights',
      'exact, raw weights',
      'exact, weights clipped at 0.5',
      'exact, top 3 weights, the rest -1',
      'mine',
    ]);
  });

  it('have names of their own, also where a given name looks like another default', async () => {
    expect(await names([{}, {}, { name: 'exact (2)' }, {}])).toEqual([
      'exact',
      'exact (3)',
      'exact (2)',
      'exact (4)',
    ]);
  });

  it.each([
    [{ method: 'smoothed', noise: { q: 0.5 } }, /noise\.q/],
    [{ weights: { top: 7, rest: -1 } }, /weights\.top: expected at most 6/],
  ] as const)('refuse what does not fit the model: %j', async (entry, message) => {
    const own = await model();
    const error = await refusalOf(() => requestedEvaluations(own, { method: 'exact' }, [{}, entry]));
    expect(error.code).toBe('invalid_settings');
    expect(error.message).toMatch(message);
  });
});

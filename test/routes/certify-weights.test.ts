import { describe, expect, it } from 'vitest';
import type { Weights } from '../../src/certify/weights.ts';
import { application, LOANS, REGISTRATION } from '../support/models/loans.ts';
import { startService } from '../support/process/service.ts';

const WEIGHTS: { weights: Weights }[] = [
  { weights: 'sign' },
  { weights: { clip: 0.5 } },
  { weights: { top: 30, rest: -1 } },
];

describe.each(WEIGHTS)('POST /certify of a model with weights $weights', ({ weights }) => {
  it('answers with the scores of the reshaped classifier, and a breaking set that does break it', async () => {
    const service = await startService();
    const settings = { weights, lambda: { relative: 10 } };
    const registered = await service
      .post('/models')
      .send({ ...REGISTRATION, settings })
      .expect(201);
    expect(registered.body.settings.weights).toEqual(weights);
    const ask = async (model: string, version: number) => {
      const request = {
        model,
        version,
        instances: [application(5)],
        explain: { breakingSet: true },
      };
      return (await service.post('/certify').send(request).expect(200)).body.results[0];
    };
    const { prediction, scores, certificate, explanation } = await ask('loans', 1);
    expect(explanation.breakingSet).toHaveLength(certificate.flips + 1);
    if (typeof weights === 'string' || 'top' in weights) {
      const total = Object.values<number>(scores).reduce((sum, score) => sum + score, 0);
      expect(Object.values(scores).every(Number.isInteger)).toBe(true);
      if (typeof weights !== 'string') expect(total).toBe(weights.top - (LOANS.length - weights.top));
    }
    const predictAfter = async (changes: { row: number; to: string }[]) => {
      const records: object[] = [...LOANS];
      for (const { row, to } of changes) records[row] = { ...LOANS[row], outcome: to };
      const attacked = await service
        .post('/models')
        .send({ ...REGISTRATION, name: 'attacked', settings, records })
        .expect(201);
      return (await ask('attacked', attacked.body.version)).prediction;
    };
    expect(await predictAfter(explanation.breakingSet)).not.toBe(prediction);
    expect(await predictAfter(explanation.breakingSet.slice(1))).toBe(prediction);
  });
});

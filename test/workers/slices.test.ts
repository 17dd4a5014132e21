import { describe, expect, it } from 'vitest';
import type { CertifyOptions } from '../../src/verdict/certifier.ts';
import { type Sampled, samplesInAll } from '../../src/verdict/certify-monte-carlo.ts';
import { certifyTogether, type JobAnswer, resultsOf } from '../../src/verdict/certify-together.ts';
import { makeModel } from '../support/models/points.ts';

const cancelled = new Int32Array(1);

describe('samples that are drawn in slices', () => {
  it.each([
    ['two classes', 2, 0.2],
    ['five classes', 5, 0.7],
  ])('give the bits of those that are drawn at once, wherever they are cut: %s', async (_, classes, q) => {
    const { model, instances } = await makeModel({ rows: 90, columns: 3, classes, seed: 5 });
    const monteCarlo = { samples: 777, confidence: 0.99, seed: 9 };
    const options: CertifyOptions = { method: 'monte-carlo', q, monteCarlo };
    const own = [...instances(5), 'not an instance'];
    const job = { instances: own, options, cancelled };
    const whole = resultsOf(certifyTogether(model, [job])[0]!);
    for (const most of [1, 13, 100, 101, 500, 10_000]) {
      let before: Sampled | null = null;
      let slices = 0;
      for (;;) {
        slices++;
        const answer: JobAnswer = certifyTogether(model, [{ ...job, slice: { before, most } }])[0]!;
        if (!('sampled' in answer)) {
          expect(JSON.stringify(resultsOf(answer)), `slices of ${most}`).toBe(JSON.stringify(whole));
          break;
        }
        before = structuredClone(answer.sampled);
      }
      expect(slices).toBe(Math.ceil(samplesInAll(monteCarlo) / most));
    }
  });
});

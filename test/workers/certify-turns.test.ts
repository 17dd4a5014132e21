import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import type { Model } from '../../src/model/model.ts';
import type { Certified } from '../../src/verdict/certified-prediction.ts';
import { failureOf } from '../support/models/refusal.ts';
import { bitsIn, certify, openRegistry, register, vectorsOf } from '../support/models/registry.ts';
import { WORKERS } from '../support/models/workers.ts';
import { cpuTime } from '../support/process/cpu-time.ts';

const random = new SeededRandom(44);
const point = () => Array.from({ length: 40 }, () => random.normal());

async function largeModel(): Promise<Model> {
  const features = Array.from({ length: 3000 }, point);
  const labels = features.map(([first]) => (first! + random.normal() > 0 ? 'a' : 'b'));
  return register(await openRegistry(), 'm', vectorsOf(features, labels));
}

describe('a long batch', () => {
  it('stops with the reason of its signal, long before its end, and leaves the queue', async () => {
    const model = await largeModel();
    const instances = Array.from({ length: 150_000 }, point);
    const controller = new AbortController();
    const reason = new Error('the client has gone');
    setTimeout(() => controller.abort(reason), 30);
    const began = cpuTime();
    const act = () => WORKERS.certify(model, instances, { method: 'exact' }, controller.signal);
    expect(await failureOf(act)).toBe(reason);
    expect(WORKERS.waiting).toBe(0);
    await sleep(300); // the workers would go on
    expect(cpuTime() - began).toBeLessThan(1500);
  });

  it('leaves turns to others, and batches of one model that take turns do not mix', async () => {
    const model = await largeModel();
    const instances = Array.from({ length: 120 }, point);
    const alone = bitsIn(await certify(model, instances));
    const other = bitsIn(await certify(model, instances, { method: 'smoothed' }));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const together = await Promise.all([
      certify(model, instances),
      certify(model, instances, { method: 'smoothed' }),
      certify(model, instances),
    ]);
    clearInterval(timer);
    expect(together.map((results) => bitsIn(results))).toEqual([alone, other, alone]);
    expect(turns).toBeGreaterThan(2);
  });
});

describe('noise under which tens of thousands of flips are certified', () => {
  it.each(['smoothed', 'monte-carlo'] as const)(
    '%s leaves turns while their thresholds are computed',
    async (method) => {
      const features = Array.from({ length: 66_000 }, () => [random.normal()]);
      const labels = features.map(([first]) => (first! > 0 ? 'a' : 'b'));
      const rule = { kind: 'threshold', value: -32_000 } as const; // hardly any labels take the signs' sum below
      const settings = { rule, weights: 'sign' } as const;
      const model = await register(await openRegistry(), 'm', vectorsOf(features, labels), settings);
      const q = method === 'smoothed' ? 0.499998 : 0.499999; // no two of the tests share a table
      const monteCarlo = { samples: 100, confidence: 0.9, seed: 1 };
      const began = performance.now();
      let [last, longest] = [began, 0];
      const timer = setInterval(() => {
        const now = performance.now();
        [last, longest] = [now, Math.max(longest, now - last)];
      }, 1);
      const [result] = await certify(model, [[1]], { method, q, monteCarlo });
      const ended = performance.now();
      clearInterval(timer);
      expect(result).toMatchObject({ prediction: 'b' });
      expect((result as Certified).certificate!.flips).toBeGreaterThanOrEqual(65_536);
      expect(Math.max(longest, ended - last)).toBeLessThan((ended - began) / 2);
    },
  );
});

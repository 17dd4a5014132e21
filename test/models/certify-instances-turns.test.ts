import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { certifyInstances } from '../../src/models/certify-instances.ts';
import type { Model } from '../../src/models/model.ts';
import { cpuTime } from '../support/cpu-time.ts';
import { failureOf } from '../support/data-refusal.ts';
import { bitsIn, certify, openRegistry, register, vectorsOf } from '../support/data-registry.ts';

const random = new SeededRandom(44);
const point = () => Array.from({ length: 40 }, () => random.normal());

async function largeModel(): Promise<Model> {
  const features = Array.from({ length: 3000 }, point);
  const labels = features.map(([first]) => (first! + random.normal() > 0 ? 'a' : 'b'));
  return register(await openRegistry(), 'm', vectorsOf(features, labels));
}

describe('a long batch', () => {
  it('stops with the reason of its signal, long before its end', async () => {
    const model = await largeModel();
    const instances = Array.from({ length: 50_000 }, point);
    const controller = new AbortController();
    const reason = new Error('the client has gone');
    setTimeout(() => controller.abort(reason), 30);
    const began = cpuTime();
    const act = () => certifyInstances(model, instances, { method: 'exact' }, controller.signal);
    expect(await failureOf(act)).toBe(reason);
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

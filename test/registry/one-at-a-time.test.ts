import { describe, expect, it } from 'vitest';
import { OneAtATime } from '../../src/registry/one-at-a-time.ts';
import { Gate } from '../support/models/gate.ts';
import { failureOf } from '../support/models/refusal.ts';

describe('OneAtATime', () => {
  it('runs once more for all who ask while it runs, and never twice at a time', async () => {
    const gate = new Gate();
    let [running, runs, most] = [0, 0, 0];
    const work = new OneAtATime(async () => {
      runs++;
      most = Math.max(most, ++running);
      await gate.pass();
      running--;
    });
    const first = work.run();
    await gate.reached();
    const later = [work.run(), work.run(), work.run()];
    await gate.open();
    await gate.open();
    await Promise.all([first, ...later]);
    expect([runs, most]).toEqual([2, 1]);
  });

  it('runs again when it is asked again, also after work that ends at once or fails', async () => {
    let runs = 0;
    const work = new OneAtATime(async () => {
      if (++runs === 2) throw new Error('the second fails');
    });
    await work.run();
    expect(await failureOf(() => work.run())).toEqual(new Error('the second fails'));
    await work.run();
    expect(runs).toBe(3);
  });
});

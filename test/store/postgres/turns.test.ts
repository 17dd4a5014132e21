import { describe, expect, it } from 'vitest';
import { Turns } from '../../../src/store/postgres/turns.ts';
import { StoreUnavailableError } from '../../../src/store/store.ts';

describe('turns', () => {
  it('come one after the other, in the order in which they were asked for', async () => {
    const turns = new Turns(2, 60_000);
    const order: number[] = [];
    const taken = [0, 1, 2, 3].map((k) => turns.take().then(() => order.push(k)));
    await Promise.all(taken.slice(0, 2));
    await new Promise(setImmediate);
    expect(order).toEqual([0, 1]);
    turns.done();
    turns.done();
    await Promise.all(taken);
    expect(order).toEqual([0, 1, 2, 3]);
  });

  it('do not come in time, or at all once it is given up; later ones do', async () => {
    const turns = new Turns(1, 20);
    await turns.take();
    await expect(turns.take()).rejects.toBeInstanceOf(StoreUnavailableError);
    const waiting = turns.take();
    turns.giveUp();
    await expect(waiting).rejects.toThrow('there is no connection');
    turns.done();
    await turns.take();
  });
});

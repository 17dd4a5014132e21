import { describe, expect, it } from 'vitest';
import { inTurns, takingTurns } from '../../src/process/taking-turns.ts';

/** More multiply-adds than a turn has: a step for each piece. */
const LONG = 1e9;

describe('inTurns', () => {
  it.each([
    ['long', LONG, 7],
    ['short', 1_500_000, 4],
    ['tiny', 1, 1],
  ])('does %s pieces of work once each, in order', async (_, workEach, steps) => {
    const done: number[] = [];
    let taken = 0;
    await inTurns(7, workEach, (from, to) => {
      taken++;
      for (let piece = from; piece < to; piece++) done.push(piece);
    });
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(taken).toBe(steps);
  });

  it('does nothing where there is nothing to do', async () => {
    await inTurns(0, LONG, () => expect.unreachable());
  });

  it('lets other work run after each step', async () => {
    const order: string[] = [];
    const other = (async () => {
      for (let i = 0; i < 3; i++) {
        await new Promise(setImmediate);
        order.push('other');
      }
    })();
    await inTurns(3, LONG, (from) => order.push(`step ${from}`));
    await other;
    expect(order).toEqual(['step 0', 'other', 'step 1', 'other', 'step 2', 'other']);
  });

  it("stops with the signal's reason", async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const done: number[] = [];
    const work = inTurns(
      3,
      LONG,
      (from) => {
        done.push(from);
        if (from === 1) controller.abort(reason);
      },
      controller.signal,
    );
    await expect(work).rejects.toBe(reason);
    expect(done).toEqual([0, 1]);
  });
});

/** Takes all of a turn, and more. */
function spin(): void {
  for (const end = performance.now() + 7; performance.now() < end; );
}

describe('takingTurns', () => {
  it('gives one turn of the event loop to one of many', async () => {
    const order: string[] = [];
    const work = async (name: string) => {
      const turn = takingTurns();
      for (let step = 0; step < 2; step++) {
        await turn();
        spin();
        order.push(name);
      }
    };
    spin(); // what is left of a turn is over
    const works = [work('a'), work('b'), work('c')];
    for (let k = 0; k < 6; k++) {
      await new Promise(setImmediate);
      order.push('other');
    }
    await Promise.all(works);
    const alone = order.filter((name, k) => name !== 'other' && order[k - 1] !== 'other' && k > 0);
    expect(alone).toEqual([]);
    expect(order.filter((name) => name !== 'other')).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it("stops with the signal's reason", async () => {
    const controller = new AbortController();
    const turn = takingTurns(controller.signal);
    spin();
    const reason = new Error('enough');
    controller.abort(reason);
    spin();
    await expect(turn()).rejects.toBe(reason);
  });
});

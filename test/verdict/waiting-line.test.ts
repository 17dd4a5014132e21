import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WaitingLine } from '../../src/verdict/waiting-line.ts';

const NEVER = new AbortController().signal;

describe('a waiting line', () => {
  it('does one piece of work at a time, in order, whatever fails', async () => {
    const line = new WaitingLine(6);
    const events: string[] = [];
    const work =
      (name: string, fails = false) =>
      async () => {
        events.push(`${name} begins`);
        await sleep(5);
        events.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      };
    const results = [
      line.do('a', work('a'), NEVER),
      line.do('a', work('b', true), NEVER),
      line.do('a', work('c'), NEVER),
    ];
    expect(await Promise.allSettled(results)).toEqual([
      { status: 'fulfilled', value: 'a' },
      { status: 'rejected', reason: new Error('b') },
      { status: 'fulfilled', value: 'c' },
    ]);
    expect(events).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  it('refuses what is too much, and has room again when something is done', async () => {
    const line = new WaitingLine(4);
    const held = Promise.withResolvers<string>();
    const both = [line.do('a', () => held.promise, NEVER), line.do('a', async () => 'second', NEVER)];
    await expect(line.do('a', async () => 'third', NEVER)).rejects.toMatchObject({
      code: 'overloaded',
      message: '2 such requests of this caller, 2 in all, are waiting already; try again',
    });
    held.resolve('first');
    expect(await Promise.all(both)).toEqual(['first', 'second']);
    expect(await line.do('a', async () => 'fourth', NEVER)).toBe('fourth');
  });

  it('lets go at once who does not want to wait any more, and keeps the order of the others', async () => {
    const line = new WaitingLine(6);
    const held = Promise.withResolvers<string>();
    const aborter = new AbortController();
    const first = line.do('a', () => held.promise, NEVER);
    const second = line.do('a', async () => 'second', aborter.signal);
    let third = 'waits';
    const done = line.do(
      'a',
      async () => {
        third = 'done';
      },
      NEVER,
    );
    aborter.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    await sleep(5);
    expect(third, 'the first is not done').toBe('waits');
    held.resolve('first');
    await Promise.all([first, done]);
    expect(third).toBe('done');
    await expect(
      line.do('a', async () => 'late', AbortSignal.abort(new Error('gone before'))),
    ).rejects.toThrow('gone before');
  });

  it('lets callers take turns, so that nobody has the line for itself', async () => {
    const line = new WaitingLine(32);
    const order: string[] = [];
    const piece = (name: string) => async () => {
      await sleep(1);
      order.push(name);
    };
    const many = Array.from({ length: 16 }, (_, k) => line.do('many', piece(`m${k}`), NEVER));
    await expect(line.do('many', piece('m16'), NEVER)).rejects.toMatchObject({ code: 'overloaded' });
    const few = ['f0', 'f1'].map((name) => line.do('few', piece(name), NEVER));
    await Promise.all([...many, ...few]);
    expect(order.slice(0, 5)).toEqual(['m0', 'm1', 'f0', 'm2', 'f1']);
    expect(order.slice(5)).toEqual(Array.from({ length: 13 }, (_, k) => `m${k + 3}`));
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WaitingLine } from '../../src/verdict/waiting-line.ts';

const NEVER = new AbortController().signal;

describe('a waiting line', () => {
  it('does one piece of work at a time, in order, whatever fails', async () => {
    const line = new WaitingLine(3);
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
    const results = [line.do(work('a'), NEVER), line.do(work('b', true), NEVER), line.do(work('c'), NEVER)];
    expect(await Promise.allSettled(results)).toEqual([
      { status: 'fulfilled', value: 'a' },
      { status: 'rejected', reason: new Error('b') },
      { status: 'fulfilled', value: 'c' },
    ]);
    expect(events).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  it('refuses what is too much, and has room again when something is done', async () => {
    const line = new WaitingLine(2);
    const held = Promise.withResolvers<string>();
    const both = [line.do(() => held.promise, NEVER), line.do(async () => 'second', NEVER)];
    await expect(line.do(async () => 'third', NEVER)).rejects.toMatchObject({
      code: 'overloaded',
      message: '2 such requests are waiting already; try again',
    });
    held.resolve('first');
    expect(await Promise.all(both)).toEqual(['first', 'second']);
    expect(await line.do(async () => 'fourth', NEVER)).toBe('fourth');
  });

  it('lets go at once who does not want to wait any more, and keeps the order of the others', async () => {
    const line = new WaitingLine(3);
    const held = Promise.withResolvers<string>();
    const aborter = new AbortController();
    const first = line.do(() => held.promise, NEVER);
    const second = line.do(async () => 'second', aborter.signal);
    let third = 'waits';
    const done = line.do(async () => {
      third = 'done';
    }, NEVER);
    aborter.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    await sleep(5);
    expect(third, 'the first is not done').toBe('waits');
    held.resolve('first');
    await Promise.all([first, done]);
    expect(third).toBe('done');
    await expect(line.do(async () => 'late', AbortSignal.abort(new Error('gone before')))).rejects.toThrow(
      'gone before',
    );
  });
});

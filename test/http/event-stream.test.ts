import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventStream } from '../../src/http/event-stream.ts';
import { parseEvents } from '../support/process/events.ts';

const problemOf = (error: unknown) => ({ detail: (error as Error).message });

describe('a stream of events', () => {
  it('tells the first progress at once, the latest four times a second, the last before the result', async () => {
    const began = performance.now();
    const stream = eventStream(async (report) => {
      for (let done = 0; done < 60; done++) {
        report({ done });
        await sleep(10);
      }
      report({ done: 60 });
      return { sum: 'done\nwith' };
    }, problemOf);
    const events = parseEvents(await text(stream));
    const took = performance.now() - began;
    expect(events[0]).toEqual({ event: 'progress', data: { done: 0 } });
    expect(events.at(-2)).toEqual({ event: 'progress', data: { done: 60 } });
    expect(events.at(-1)).toEqual({ event: 'result', data: { sum: 'done\nwith' } });
    const progress = events.slice(0, -1).map(({ data }) => (data as { done: number }).done);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.length).toBeGreaterThan(2);
    expect(progress.length).toBeLessThanOrEqual(2 + took / 250); // of 61 reports: the first, the last, four a second
  });

  it('ends with a problem where the task fails', async () => {
    const stream = eventStream(async (report) => {
      report({ done: 0 });
      throw new Error('out of paper');
    }, problemOf);
    expect(parseEvents(await text(stream))).toEqual([
      { event: 'progress', data: { done: 0 } },
      { event: 'error', data: { detail: 'out of paper' } },
    ]);
  });

  describe('in silence', () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    it('writes a comment every 15 seconds, and nothing any more once it is closed', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      const { promise, resolve } = Promise.withResolvers<object>();
      let report: (progress: object) => void = () => {};
      const stream = eventStream((own) => {
        report = own;
        return promise;
      }, problemOf);
      vi.advanceTimersByTime(15_000);
      report({ done: 1 });
      vi.advanceTimersByTime(14_900);
      expect(parseEvents(String(stream.read()))).toEqual([
        { event: '', data: null },
        { event: 'progress', data: { done: 1 } },
      ]);
      vi.advanceTimersByTime(15_200);
      expect(String(stream.read())).toBe(':\n\n:\n\n');
      resolve({});
      expect(parseEvents(await text(stream))).toEqual([{ event: 'result', data: {} }]);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('leaves no timer behind when its reader goes, and makes no problem of the failure that follows', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      const { promise, reject } = Promise.withResolvers<object>();
      const problems = vi.fn(problemOf);
      const stream = eventStream(() => promise, problems);
      expect(vi.getTimerCount()).toBe(2);
      stream.destroy();
      await new Promise(setImmediate);
      expect(vi.getTimerCount()).toBe(0);
      reject(new Error('aborted'));
      await new Promise(setImmediate);
      expect(problems).not.toHaveBeenCalled();
    });
  });
});

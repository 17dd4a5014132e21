import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { now, phasesOf, Stopwatch } from '../../src/verdict/stopwatch.ts';

describe('Stopwatch', () => {
  it('tells from when to when each phase was gone through, and how long without the others', async () => {
    const began = now();
    const stopwatch = new Stopwatch(true);
    stopwatch.enter('encode');
    await sleep(20);
    stopwatch.enter('pass');
    await sleep(20);
    stopwatch.enter('encode');
    stopwatch.enter('encode');
    await sleep(20);
    const all = stopwatch.stop();
    const [encode, pass, ...others] = phasesOf(all);
    expect([encode!.phase, pass!.phase, others]).toEqual(['encode', 'pass', []]);
    expect(all.began).toBeGreaterThanOrEqual(began);
    expect(all.ended).toBeLessThanOrEqual(now());
    expect(encode!.ended).toBe(all.ended);
    expect(pass!.busy).toBeCloseTo(pass!.ended - pass!.began, 9);
    expect(encode!.busy + pass!.busy).toBeCloseTo(encode!.ended - encode!.began, 9);
    expect(encode!.busy).toBeGreaterThan(35);
  });
});

describe('Stopwatch, not asked for phases', () => {
  it('tells when it began and ended', () => {
    const stopwatch = new Stopwatch();
    stopwatch.enter('encode');
    const timing = stopwatch.stop();
    expect(timing.ended).toBeGreaterThan(timing.began);
    expect(phasesOf(timing)).toEqual([]);
  });
});

describe('now', () => {
  it('is the same clock in all threads, however late they start', async () => {
    const url = new URL('../../src/verdict/stopwatch.ts', import.meta.url).href;
    await sleep(200);
    const code = `const { parentPort } = require('node:worker_threads');
      import(${JSON.stringify(url)}).then(({ now }) => parentPort.on('message', () => parentPort.postMessage(now())));`;
    const worker = new Worker(code, { eval: true });
    for (let k = 0; k < 20; k++) {
      const before = now();
      const there = await new Promise<number>((resolve) => {
        worker.once('message', resolve);
        worker.postMessage('');
      });
      expect(there).toBeGreaterThan(before);
      expect(there).toBeLessThan(now());
    }
    await worker.terminate();
  });
});

// Loaded into the service before it starts (node --import). On SIGWINCH it says on standard error for how long the event
// loop was held at most since it last said so.
import { PerformanceObserver, performance } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** What held the event loop longest. Milliseconds. */
export interface Hold {
  /** Processor time of the thread, without the collection of garbage: neighbours on the machine do not lengthen it. */
  readonly work: number;
  /** Collecting garbage meanwhile. */
  readonly garbage: number;
  /** By the clock. */
  readonly clock: number;
}

if (isMainThread) {
  const collections: { readonly start: number; readonly end: number }[] = [];
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      collections.push({ start: startTime, end: startTime + duration });
  }).observe({ entryTypes: ['gc'] });

  const processorTime = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  /** A turn lasts from one look to the next: the loop comes by here after each of its rounds, but for the shortest. */
  let turns: { readonly start: number; readonly end: number; readonly processor: number }[] = [];
  let before = { at: performance.now(), processor: processorTime() };
  const look = () => {
    const now = { at: performance.now(), processor: processorTime() };
    const processor = now.processor - before.processor;
    if (processor > 10) turns.push({ start: before.at, end: now.at, processor });
    before = now;
    setTimeout(look, 1).unref();
  };
  look();

  process.on('SIGWINCH', () => {
    // The observer is told of a collection a moment later.
    setTimeout(() => {
      const holds = turns.map(({ start, end, processor }): Hold => {
        const within = collections.filter((one) => one.end > start && one.start < end);
        const garbage = within.reduce(
          (sum, one) => sum + Math.min(one.end, end) - Math.max(one.start, start),
          0,
        );
        return { work: Math.max(0, processor - garbage), garbage, clock: end - start };
      });
      const longest = holds.reduce((most, one) => (one.work > most.work ? one : most), {
        work: 0,
        garbage: 0,
        clock: 0,
      });
      turns = [];
      collections.length = 0;
      process.stderr.write(`${JSON.stringify({ hold: longest })}\n`);
    }, 20);
  });
}

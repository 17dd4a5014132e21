import underPressure, { TYPE_EVENT_LOOP_DELAY, TYPE_HEAP_USED_BYTES } from '@fastify/under-pressure';
import fp from 'fastify-plugin';
import { SuretyError } from '../errors.ts';
import { isProbe } from '../http/probe.ts';
import { HEAP_BYTES, heapIsFilled } from '../process/heap-guard.ts';

/** Of the heap, which the memory that threads share is no part of. */
const MAX_HEAP_SHARE = 0.9;
/** So often delays and heap are looked at. */
const SAMPLE_MS = 1000;

/**
 * Refuses requests with 503 `overloaded` when turns of the event loop took longer than allowed on average, in the last
 * second and for more than one, or when the heap is nearly full. Probes are answered, so that the platform does not end a
 * busy process or send its load to others.
 */
export const overload = fp<{ maxEventLoopDelayMs: number }>(
  async (app, { maxEventLoopDelayMs }) => {
    const hasLasted = lasting();
    await app.register(underPressure, {
      maxEventLoopDelay: maxEventLoopDelayMs,
      maxHeapUsedBytes: MAX_HEAP_SHARE * HEAP_BYTES,
      sampleInterval: SAMPLE_MS,
      pressureHandler: async (request, _reply, type) => {
        if (isProbe(request)) return;
        if (type === TYPE_EVENT_LOOP_DELAY && !hasLasted()) return;
        if (type === TYPE_HEAP_USED_BYTES && !heapIsFilled(MAX_HEAP_SHARE)) return;
        throw new SuretyError('overloaded', 'The service is too busy; try again');
      },
    });
  },
  { name: 'overload' },
);

/** Call while something goes on: whether it has for more than a sample. A single long step makes one bad second. */
function lasting(): () => boolean {
  let began = 0;
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - last > 2 * SAMPLE_MS) began = now;
    last = now;
    return now - began > SAMPLE_MS;
  };
}

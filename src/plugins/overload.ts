import underPressure, { TYPE_HEAP_USED_BYTES } from '@fastify/under-pressure';
import fp from 'fastify-plugin';
import { SuretyError } from '../errors.ts';
import { HEAP_BYTES, heapIsFilled } from '../heap-guard.ts';
import { isProbe } from './probe.ts';

/** Of the heap, which the memory that threads share is no part of. */
const MOST_OF_HEAP = 0.9;

/**
 * Refuses requests with 503 `overloaded` in a second in which turns of the event loop took longer than allowed on
 * average, or at whose begin the heap was nearly full. Probes are answered, so that the platform does not end a busy
 * process or send its load to others.
 */
export const overload = fp<{ maxEventLoopDelayMs: number }>(
  async (app, { maxEventLoopDelayMs }) => {
    await app.register(underPressure, {
      maxEventLoopDelay: maxEventLoopDelayMs,
      maxHeapUsedBytes: MOST_OF_HEAP * HEAP_BYTES,
      pressureHandler: async (request, _reply, type) => {
        if (isProbe(request) || (type === TYPE_HEAP_USED_BYTES && !heapIsFilled(MOST_OF_HEAP))) return;
        throw new SuretyError('overloaded', 'The service is too busy; try again');
      },
    });
  },
  { name: 'overload' },
);

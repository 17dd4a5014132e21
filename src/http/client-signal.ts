import type { FastifyReply } from 'fastify';
import { SuretyError } from '../errors.ts';

/**
 * Aborted when the client goes away before it has its answer, and after `limitMs` with the reason that it is told:
 * 503 `timed_out`. (Fastify's `request.signal` is aborted, and its `handlerTimeout` ends, as soon as the body has been
 * read.)
 */
export function clientSignal(reply: FastifyReply, limitMs?: number): AbortSignal {
  const controller = new AbortController();
  const limit =
    limitMs === undefined ? undefined : setTimeout(() => controller.abort(timedOut(limitMs)), limitMs);
  reply.raw.once('close', () => {
    clearTimeout(limit);
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

function timedOut(limitMs: number): SuretyError {
  const detail = `There was no answer after ${limitMs} ms (SURETY_REQUEST_TIMEOUT_MS), so the work on it has ended`;
  return new SuretyError('timed_out', detail);
}

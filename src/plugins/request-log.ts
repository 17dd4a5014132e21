import { type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { DoneRequest } from '../metrics/metrics.ts';

/** What a route adds to its request's log line. Never a feature value or a label. */
export interface RequestSummary {
  readonly model?: string;
  readonly version?: number;
  /** Id of an API key that was made or revoked. */
  readonly key?: string;
  /** Training rows registered, or instances certified. */
  readonly rows?: number;
  /** Code of the error that was answered. */
  readonly code?: string;
  readonly refused?: number;
  readonly abstained?: number;
  readonly flips?: { readonly least: number; readonly median: number; readonly most: number };
}

declare module 'fastify' {
  interface FastifyRequest {
    summary: RequestSummary | null;
  }
}

/** One log line a request, when it is done: id, route, status, duration, caller and the route's summary. */
export class RequestLog extends LogController {
  readonly #onDone: ((request: DoneRequest) => void) | undefined;

  /** `onDone` is told of each request too. */
  constructor(onDone?: (request: DoneRequest) => void) {
    super({ requestIdLogLabel: 'requestId' });
    this.#onDone = onDone;
  }

  override incomingRequest(): void {}

  override requestCompleted(
    error: Error | null | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    const done = {
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      durationMs: reply.elapsedTime,
    };
    this.#onDone?.({ ...done, code: request.summary?.code });
    const line = {
      ...done,
      durationMs: Math.round(done.durationMs * 10) / 10,
      ...(request.caller && { caller: request.caller.id }),
      ...request.summary,
    };
    if (error) request.log.warn({ ...line, err: error }, 'request aborted');
    else request.log.info(line, 'request');
  }

  /** An answer that had begun and was not taken to its end, such as a stream of events. */
  override streamError(error: Error & { code?: string }, request: FastifyRequest): void {
    if (error.code === 'ERR_STREAM_PREMATURE_CLOSE')
      request.log.info('the client went away before its answer');
    else request.log.warn({ err: error }, 'answer cut off');
  }

  // The controller's own lines have the address with its query.
  override writeHeadError(error: Error, request: FastifyRequest): void {
    request.log.warn({ err: error }, 'the head of the answer cannot be written');
  }
  override serializerError(error: Error, request: FastifyRequest): void {
    request.log.error({ err: error }, 'the answer cannot be written');
  }

  /** Errors are logged where they become problem details. */
  override defaultErrorLog(): void {}
  override routeNotFound(): void {}
}

/** Least, median (the lower one) and most of the certified flips. */
export function summariseFlips(flips: number[]): RequestSummary['flips'] {
  const sorted = Float64Array.from(flips).sort();
  if (sorted.length === 0) return undefined;
  return { least: sorted[0]!, median: sorted[(sorted.length - 1) >>> 1]!, most: sorted.at(-1)! };
}

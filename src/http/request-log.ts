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

/**
 * One log line a request, when it is done or its client has gone: id, route, status, duration, caller and the route's
 * summary. A request whose client has gone may still be worked on: the line has what is known of it by then.
 */
export class RequestLog extends LogController {
  readonly #onDone: ((request: DoneRequest) => void) | undefined;

  /** `onDone` is told of each request too. */
  constructor(onDone?: (request: DoneRequest) => void) {
    super({ requestIdLogLabel: 'requestId' });
    this.#onDone = onDone;
  }

  // Of all that happens to an answer, only `close` comes whether or not it is taken, and once.
  override incomingRequest(request: FastifyRequest, reply: FastifyReply): void {
    reply.raw.once('close', () => this.#done(request, reply));
  }
  override requestCompleted(): void {}

  #done(request: FastifyRequest, reply: FastifyReply): void {
    const { method, summary, caller, log } = request;
    const aborted = !reply.raw.writableFinished;
    const durationMs = reply.elapsedTime;
    const route = request.routeOptions.url ?? null;
    const line = {
      ...{ method, route, ...(!aborted && { status: reply.statusCode }) },
      durationMs: Math.round(durationMs * 10) / 10,
      ...(caller && { caller: caller.id }),
      ...summary,
    };
    if (aborted) {
      this.#onDone?.({ method, route, status: 'aborted', durationMs });
      log.info(line, 'request aborted');
    } else {
      this.#onDone?.({ method, route, status: reply.statusCode, durationMs, code: summary?.code });
      log.info(line, 'request');
    }
  }

  /** An answer that had begun and was not taken to its end, such as a stream of events. */
  override streamError(error: Error & { code?: string }, request: FastifyRequest): void {
    const clientWent = error.code === 'ERR_STREAM_PREMATURE_CLOSE'; // which the request's line says
    if (!clientWent) request.log.warn({ err: error }, 'answer cut off');
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

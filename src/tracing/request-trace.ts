import {
  type Attributes,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { now, type Period, phasesOf } from '../verdict/stopwatch.ts';
import type { Batch, OnBatch } from '../workers/batch.ts';

/** Batches of one request that have spans; of a large one the others are only counted. */
const MAX_BATCHES = 64;

/** What a request was about, as it stands in the log too. */
export type Summary = object & { readonly code?: string };

/**
 * The span of one request, and below it those of the batches that its instances were in. Batches are timed in their threads,
 * on a clock that all share; the time of day is read once a request, so that its spans nest however the clock is set.
 */
export class RequestTrace {
  readonly #tracer: Tracer;
  readonly #method: string;
  readonly #span: Span;
  readonly #context: Context;
  /** Milliseconds to add to `now()` for the time of day. */
  readonly #ahead = Date.now() - now();
  #waiting: Period | null = null;
  #batches = 0;

  constructor(tracer: Tracer, method: string, parent: Context, attributes: Attributes) {
    this.#tracer = tracer;
    this.#method = method;
    const startTime = this.#ahead + now();
    this.#span = tracer.startSpan(method, { kind: SpanKind.SERVER, startTime, attributes }, parent);
    this.#context = trace.setSpan(parent, this.#span);
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  /** To be told of the batches that the request's instances are in from now on; undefined when nobody wants to know. */
  follow(): OnBatch | undefined {
    if (!this.#span.isRecording()) return undefined;
    const began = now();
    this.#waiting = { began, ended: Number.POSITIVE_INFINITY };
    return (batch, own) => {
      const ended = Math.min(this.#waiting!.ended, batch.timing.began);
      this.#waiting = { began, ended };
      if (batch.role !== 'helper') this.#batches++; // a helper may be heard of after the end
      if (this.#batches <= MAX_BATCHES) this.#addBatch(batch, own);
    };
  }

  /** `route`: the pattern, null where there is none. `status`: null where the client went before its answer. */
  end(route: string | null, status: number | null, summary: Summary): void {
    const span = this.#span;
    if (!span.isRecording()) return;
    if (this.#waiting !== null && this.#batches > 0) {
      this.#add('queue', this.#waiting, this.#context, {});
      span.setAttribute('surety.batches', this.#batches);
    }
    if (route !== null) span.updateName(`${this.#method} ${route}`).setAttribute('http.route', route);
    if (status !== null) span.setAttribute('http.response.status_code', status);
    for (const [name, value] of Object.entries(summary)) {
      if (typeof value === 'string' || typeof value === 'number') span.setAttribute(`surety.${name}`, value);
    }
    const error = status === null ? 'aborted' : status >= 500 ? (summary.code ?? String(status)) : null;
    if (error !== null) span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', error);
    span.end(this.#ahead + now());
  }

  #addBatch({ role, thread, requests, instances, timing }: Batch, own: number): void {
    const batch = this.#add(role === 'helper' ? 'helper' : 'batch', timing, this.#context, {
      'surety.thread': thread,
      'surety.batch.requests': requests,
      'surety.batch.instances': instances,
      'surety.instances': own,
    });
    for (const { phase, busy, ...period } of phasesOf(timing)) {
      this.#add(phase, period, batch, { 'surety.busy_ms': busy });
    }
  }

  /** Adds a span that is over. */
  #add(name: string, { began, ended }: Period, parent: Context, attributes: Attributes): Context {
    const span = this.#tracer.startSpan(name, { startTime: this.#ahead + began, attributes }, parent);
    span.end(this.#ahead + ended);
    return trace.setSpan(parent, span);
  }
}

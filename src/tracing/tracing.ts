import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultTextMapGetter, ROOT_CONTEXT, type Tracer } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import type { TracesConfig } from '../config/config.ts';
import { RequestTrace } from './request-trace.ts';
import { samplerOf } from './sampler.ts';

/** For the last export, at the end of the process; others are given up after OTEL_EXPORTER_OTLP_TIMEOUT. */
const LAST_EXPORT_MS = 1000;

/** Told when spans can no longer be delivered, and when they can again. */
export interface DeliveryLog {
  warn(fields: { err: string }, message: string): void;
  info(message: string): void;
}

/** Spans of requests, sent to a collector in the background. What does not get there is lost, and nothing waits for it. */
export class Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #propagator = new W3CTraceContextPropagator();

  constructor({ url, headers, serviceName, resource, sampler }: TracesConfig, log: DeliveryLog) {
    const exporter = new OTLPTraceExporter({ url, headers: { ...headers } });
    this.#provider = new TracerProvider({
      sampler: samplerOf(sampler),
      resource: defaultResource().merge(
        resourceFromAttributes({
          'service.instance.id': randomUUID(),
          ...resource,
          'service.name': serviceName,
        }),
      ),
      spanProcessors: [new BatchSpanProcessor({ exporter: watched(exporter, log) })],
    });
    this.#tracer = this.#provider.getTracer('surety');
  }

  /** Begins the span of a request, below the one that its headers name (W3C trace context), if any. */
  begin(method: string, headers: IncomingHttpHeaders, requestId: string): RequestTrace {
    const parent = this.#propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    const attributes = { 'http.request.method': method, 'surety.request_id': requestId };
    return new RequestTrace(this.#tracer, method, parent, attributes);
  }

  /** Sends what is left, within a second, reachable collector or not. */
  async close(): Promise<void> {
    const sent = new AbortController();
    const last = this.#provider.shutdown().catch(() => {}); // it has been told of
    const limit = sleep(LAST_EXPORT_MS, undefined, { signal: sent.signal }).catch(() => {});
    await Promise.race([last, limit]);
    sent.abort();
  }
}

/** The same exporter, which tells when it begins to fail and when it works again, and nothing in between. */
function watched(exporter: SpanExporter, log: DeliveryLog): SpanExporter {
  let failing = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const { error } = result;
        if (error !== undefined && !failing) log.warn({ err: error.message }, 'spans are not delivered');
        if (error === undefined && failing) log.info('spans are delivered again');
        failing = error !== undefined;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}

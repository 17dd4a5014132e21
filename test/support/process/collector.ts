import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { TracesConfig } from '../../../src/config/config.ts';

/** A span as a collector has it; times in milliseconds. */
export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly began: number;
  readonly ended: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly error: boolean;
}

/** A collector of OpenTelemetry spans, OTLP over HTTP as JSON. */
export interface Collector {
  readonly url: string;
  /** For a service that sends its spans there. */
  readonly config: TracesConfig;
  readonly spans: () => CollectedSpan[];
  /** Everything that was sent, as it was sent. */
  readonly text: () => string;
  readonly headers: () => http.IncomingHttpHeaders[];
  /** Answers with this status from now on. */
  readonly answer: (status: number) => void;
}

interface OtlpSpan extends Omit<CollectedSpan, 'attributes'> {
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: { key: string; value: Record<string, unknown> }[];
  readonly status: { code: number };
}
interface Otlp {
  readonly resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[];
}

/** One on a free port, closed with the test. */
export async function startCollector(sampler: Partial<TracesConfig['sampler']> = {}): Promise<Collector> {
  const bodies: string[] = [];
  const headers: http.IncomingHttpHeaders[] = [];
  let status = 200;
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    if (request.url === '/v1/traces') bodies.push(body);
    headers.push(request.headers);
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    config: tracesTo(url, sampler),
    spans: () => bodies.flatMap((body) => spansIn(JSON.parse(body) as Otlp)),
    text: () => bodies.join('\n'),
    headers: () => headers,
    answer: (other) => {
      status = other;
    },
  };
}

/** Settings for a service that sends its spans to an address. */
export function tracesTo(url: string, sampler: Partial<TracesConfig['sampler']> = {}): TracesConfig {
  return {
    url: `${url}/v1/traces`,
    headers: {},
    serviceName: 'surety',
    resource: {},
    sampler: { name: 'parentbased_always_on', ratio: 1, ...sampler },
  };
}

function spansIn({ resourceSpans }: Otlp): CollectedSpan[] {
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  return spans.map(({ startTimeUnixNano, endTimeUnixNano, attributes, status, ...span }) => ({
    ...span,
    began: Number(startTimeUnixNano) / 1e6,
    ended: Number(endTimeUnixNano) / 1e6,
    attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
    error: status.code === 2,
  }));
}

import fp from 'fastify-plugin';
import type { TracesConfig } from '../config/config.ts';
import type { RequestTrace } from '../tracing/request-trace.ts';
import { Tracing } from '../tracing/tracing.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null where there is no tracing. */
    trace: RequestTrace | null;
  }
}

/**
 * A span a request, and the id of its trace in each of its log lines. Nothing of the address but its route and nothing of a
 * body gets into a span. Loads the SDK: import it only where traces are asked for.
 */
export const tracing = fp<TracesConfig>(
  async (app, config) => {
    const traces = new Tracing(config, app.log);
    const open = new Set<() => void>();
    app.addHook('onRequest', (request, reply, done) => {
      const trace = traces.begin(request.method, request.headers, request.id);
      request.trace = trace;
      request.log = request.log.child({ traceId: trace.traceId });
      reply.log = request.log;
      const end = () => {
        open.delete(end);
        const route = request.routeOptions.url ?? null;
        const status = reply.raw.writableFinished ? reply.statusCode : null;
        trace.end(route, status, request.summary ?? {});
      };
      open.add(end);
      reply.raw.once('close', end);
      done();
    });
    app.addHook('onClose', async () => {
      for (const end of open) end(); // of connections that were cut a moment ago
      await traces.close();
    });
  },
  { name: 'tracing' },
);

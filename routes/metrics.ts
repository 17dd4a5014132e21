import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { metricsSchema } from '../schemas/metrics.ts';
import { requireEveryModel } from '../src/caller.ts';

/** Metrics for Prometheus, unless they are off. */
export const metricsRoutes: FastifyPluginAsyncZod = async (app) => {
  const { metrics } = app;
  if (metrics === null) return;
  // A probe, since it is under load that somebody looks.
  const access = app.config.metrics === 'open' ? ({ open: true } as const) : ({ scope: 'read' } as const);
  const config = { probe: true as const, ...access };
  app.get('/metrics', { schema: metricsSchema, config }, async (request, reply) => {
    requireEveryModel(request.caller); // flips are counted by model
    reply.type('text/plain; version=0.0.4; charset=utf-8').serializer(String);
    return reply.send(await metrics.text());
  });
};

import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { metricsSchema } from '../schemas/health.ts';

const OPEN = { open: true } as const;

/** Metrics for Prometheus, unless they are off. */
export const metricsRoutes: FastifyPluginAsyncZod = async (app) => {
  const { metrics } = app;
  if (metrics === null) return;
  // A probe, since it is under load that somebody looks.
  const config = { probe: true, ...(app.config.metrics === 'open' ? OPEN : { scope: 'read' }) } as const;
  app.get('/metrics', { schema: metricsSchema, config }, async (_request, reply) =>
    reply
      .type('text/plain; version=0.0.4; charset=utf-8')
      .serializer(String)
      .send(await metrics.text()),
  );
};

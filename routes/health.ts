import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { livezSchema, readyzSchema } from '../schemas/health.ts';
import { SuretyError } from '../src/errors.ts';
import { PROBE } from '../src/http/probe.ts';
import { whyNotReady } from '../src/registry/readiness.ts';

/** Longer than a healthy store is ever silent. */
const SILENT_MS = 5000;

/** Probes for the platform. */
export const healthRoutes: FastifyPluginAsyncZod = async (app) => {
  app.get('/livez', { ...PROBE, schema: livezSchema }, async () => ({ status: 'alive' as const }));

  // The same, for platforms that probe this address by habit; not a second name in the interface.
  app.get('/healthz', { ...PROBE, schema: { ...livezSchema, hide: true } }, async () => ({
    status: 'alive' as const,
  }));

  app.get('/readyz', { ...PROBE, schema: readyzSchema }, async () => {
    const reason = whyNotReady(app);
    if (reason !== null) throw new SuretyError('not_ready', reason);
    const { damaged, unread } = app.models;
    const models = app.models.list().length;
    const { outage, silentMs } = app.store;
    const since = new Date(Date.now() - silentMs).toISOString();
    const reasons = [
      silentMs > SILENT_MS && outage !== null ? `${outage}, since ${since}` : outage,
      unread > 0 ? `${unread} stored models cannot be read now` : null,
    ];
    const known = reasons.filter((reason) => reason !== null);
    if (known.length > 0) return { status: 'degraded' as const, reasons: known, models, damaged };
    return { status: 'ready' as const, models, damaged };
  });
};

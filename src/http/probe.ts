import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the platform asks about the process: no limit and no load may keep it from an answer. */
    probe?: true;
  }
}

/** For the options of a route that is a probe. */
export const PROBE = { config: { probe: true, open: true } } as const;

export function isProbe(request: FastifyRequest): boolean {
  return request.routeOptions.config.probe === true;
}

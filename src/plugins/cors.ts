import corsPlugin from '@fastify/cors';
import fp from 'fastify-plugin';

/** How long a browser may keep the answer of a preflight, in seconds. */
const PREFLIGHT_SECONDS = 600;

/**
 * Lets pages of these origins call the service from a browser; without any, no header says so. Register it
 * before access control: browsers send no credentials with a preflight.
 */
export const cors = fp<{ origins: readonly string[] }>(
  async (app, { origins }) => {
    if (origins.length === 0) return;
    const allowed = new Set(origins);
    await app.register(corsPlugin, {
      // A preflight of another origin is a request like others: there is nothing at its address.
      origin: (origin, answer) => answer(null, origin !== undefined && allowed.has(origin) ? origin : false),
      methods: ['GET', 'HEAD', 'POST', 'DELETE'],
      allowedHeaders: ['authorization', 'content-type', 'x-request-id'],
      exposedHeaders: ['location', 'retry-after', 'x-request-id', 'www-authenticate'],
      maxAge: PREFLIGHT_SECONDS,
      strictPreflight: false,
    });
  },
  { name: 'cors' },
);

import type { IncomingHttpHeaders } from 'node:http';
import corsPlugin from '@fastify/cors';
import fp from 'fastify-plugin';
import { SuretyError } from '../errors.ts';

/** How long a browser may keep the answer of a preflight, in seconds. */
const PREFLIGHT_SECONDS = 600;

/** What changes nothing, and what asks whether something may be sent. */
const HARMLESS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Where a page is from that sends a request, in the words of browsers. */
const ELSEWHERE = new Set(['cross-site', 'same-site']);

const EXPOSED_HEADERS = [
  ...['location', 'retry-after', 'x-request-id', 'www-authenticate'],
  ...['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'],
];

/**
 * Lets pages of these origins call the service from a browser; without any, no header says so. Refuses what pages of
 * other origins may send without asking, such as a form, with 403 `foreign_origin`: a service without access control
 * on this machine is in reach of every page that its user looks at. Register it before access control: browsers send
 * no credentials with a preflight.
 */
export const cors = fp<{ origins: readonly string[] }>(
  async (app, { origins }) => {
    const allowed = new Set(origins);
    app.addHook('onRequest', ({ method, headers }, _reply, done) => {
      if (HARMLESS.has(method) || !isFromElsewhere(headers) || allowed.has(headers.origin ?? ''))
        return done();
      done(new SuretyError('foreign_origin', 'SURETY_CORS_ORIGINS does not list the origin of the page'));
    });
    if (origins.length === 0) return;
    await app.register(corsPlugin, {
      // A preflight of another origin is a request like others: there is nothing at its address.
      origin: (origin, answer) => answer(null, origin !== undefined && allowed.has(origin) ? origin : false),
      methods: ['GET', 'HEAD', 'POST', 'DELETE'],
      allowedHeaders: ['authorization', 'content-type', 'x-request-id'],
      exposedHeaders: EXPOSED_HEADERS,
      maxAge: PREFLIGHT_SECONDS,
      strictPreflight: false,
    });
  },
  { name: 'cors' },
);

/** Browsers say whether a page is of another site, except to plain HTTP of other machines; then its origin tells. */
function isFromElsewhere({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (site !== undefined) return ELSEWHERE.has(String(site));
  return origin !== undefined && URL.parse(origin)?.host !== host?.toLowerCase();
}

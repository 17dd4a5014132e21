import limiter, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { SuretyError } from '../errors.ts';
import { isProbe } from '../http/probe.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Seconds for which the address has had too many failed authentications, else null. */
    lockedOut: number | null;
  }
}

const WINDOW_MS = 60_000;
/** Callers that are counted at once; beyond them the one that was seen least recently starts anew. */
const MAX_CALLERS = 10_000;
/** Of one address for the pages of the documentation, which are large and open to everybody. */
const MAX_PAGES = 600;

/**
 * Counts the failed authentications (answers 401) of each address in a minute, and sets `request.lockedOut` beyond `failures` of
 * them (0: never). Register it before access control, which then refuses credentials that would have to be checked at a cost.
 */
export const failureLimit = fp<{ failures: number }>(
  async (app, { failures }) => {
    await app.register(limiter, {
      global: false,
      timeWindow: WINDOW_MS,
      enableDraftSpec: true,
      errorResponseBuilder: (_request, { max }) => tooMany(`At most ${max} requests a minute are answered`),
    });
    app.decorateRequest('lockedOut', null);
    if (failures === 0) return;
    const counting = { max: failures, cache: MAX_CALLERS, keyGenerator: addressOf };
    const failuresOf = app.createRateLimit(counting);
    let lastFailure = Number.NEGATIVE_INFINITY;
    app.addHook('onRequest', (request, _reply, done) => {
      if (performance.now() - lastFailure > WINDOW_MS) return done();
      failuresOf(request, { increment: false }).then((state) => {
        if (!state.isAllowed && state.remaining === 0) request.lockedOut = state.ttlInSeconds;
        done();
      }, done);
    });
    app.addHook('onSend', (request, reply, _payload, done) => {
      if (reply.statusCode !== 401) return done();
      lastFailure = performance.now();
      failuresOf(request).then(() => done(), done);
    });
  },
  { name: 'failure-limit' },
);

/**
 * Limits the requests of each caller in a minute: beyond `requests` of them (0: no limit) they are 429 `rate_limited`. Register it
 * when `request.caller` is known. A request without a caller counts for its address (IPv6: for its /64). Open probes are
 * not limited; what else is open, more than the rest.
 */
export const requestLimit = fp<{ requests: number }>(
  async (app, { requests }) => {
    if (requests === 0) return;
    const count = app.rateLimit({
      max: (request) => (isOpen(request) ? Math.min(MAX_PAGES, requests) : requests),
      cache: MAX_CALLERS,
      allowList: (request) => isProbe(request) && isOpen(request),
      keyGenerator: countedAs,
    });
    app.addHook('onRequest', async (request, reply) => void (await count.call(app, request, reply)));
  },
  { name: 'request-limit', dependencies: ['failure-limit'] },
);

export function tooMany(detail: string): SuretyError {
  return new SuretyError('rate_limited', `${detail}; try again after Retry-After`);
}

function isOpen(request: FastifyRequest): boolean {
  return request.routeOptions.config.open === true;
}

function countedAs(request: FastifyRequest): string {
  if (request.caller !== null) return `caller ${request.caller.id}`;
  return isOpen(request) ? `page ${addressOf(request)}` : addressOf(request);
}

/** A connection that has gone already has none any more, whatever the type says. */
function addressOf({ ip }: { ip: string | undefined }): string {
  return normalizeIP(ip ?? '');
}

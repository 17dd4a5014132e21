import limiter, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { SuretyError } from '../errors.ts';
import { isProbe } from './probe.ts';

const WINDOW_MS = 60_000;
/** Callers that are counted at once; beyond them the one that was seen least recently starts anew. */
const MOST_CALLERS = 10_000;

/**
 * Limits the requests of each caller in a minute, and the failed authentications (answers 401) of each
 * address: beyond either a request is 429 `rate_limited`. 0 is no limit. Probes are never limited, but for
 * failed authentications where they ask for credentials.
 *
 * Register it before access control. An address with too many failures is then refused before anybody looks
 * at its credentials; and callers are counted in preParsing, after every onRequest hook, when
 * `request.caller` is known. A request without a caller counts for its address (IPv6: for its /64).
 */
export const rateLimit = fp<{ requests: number; failures: number }>(
  async (app, { requests, failures }) => {
    await app.register(limiter, {
      global: false,
      timeWindow: WINDOW_MS,
      cache: MOST_CALLERS,
      enableDraftSpec: true,
      keyGenerator: callerOf,
      errorResponseBuilder: (_request, { max }) => tooMany(`At most ${max} requests a minute are answered`),
    });
    if (requests > 0) {
      const count = app.rateLimit({ max: requests, allowList: isProbe });
      app.addHook('preParsing', async (request, reply) => void (await count.call(app, request, reply)));
    }
    if (failures === 0) return;

    const failuresOf = app.createRateLimit({
      max: failures,
      keyGenerator: addressOf,
      allowList: isOpenProbe,
    });
    let lastFailure = Number.NEGATIVE_INFINITY;
    app.addHook('onRequest', (request, reply, done) => {
      if (performance.now() - lastFailure > WINDOW_MS) return done();
      failuresOf(request, { increment: false }).then((state) => {
        if (state.isAllowed || state.remaining > 0) return done();
        reply.header('retry-after', state.ttlInSeconds);
        done(tooMany(`At most ${failures} failed authentications a minute are answered`));
      }, done);
    });
    app.addHook('onSend', (request, reply, _payload, done) => {
      if (reply.statusCode !== 401) return done();
      lastFailure = performance.now();
      failuresOf(request).then(() => done(), done);
    });
  },
  { name: 'rate-limit' },
);

function callerOf(request: FastifyRequest): string {
  return request.caller === null ? addressOf(request) : `caller ${request.caller.id}`;
}

function isOpenProbe(request: FastifyRequest): boolean {
  return isProbe(request) && request.routeOptions.config.open === true;
}

/** A connection that has gone already has none any more, whatever the type says. */
function addressOf({ ip }: { ip: string | undefined }): string {
  return normalizeIP(ip ?? '');
}

function tooMany(detail: string): SuretyError {
  return new SuretyError('rate_limited', `${detail}; try again after Retry-After`);
}

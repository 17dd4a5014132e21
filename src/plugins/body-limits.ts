import fp from 'fastify-plugin';
import { SuretyError } from '../errors.ts';

/** Bytes that the body of a request may have where its route names no `bodyLimit`. */
export const SMALL_BODY_BYTES = 2 ** 16;

/** Names the setting, unless the limit is the one of requests that have little to say. */
export function bodyTooLarge(limit: number): SuretyError {
  const setting = limit === SMALL_BODY_BYTES ? '' : ' (SURETY_MAX_BODY_BYTES)';
  return new SuretyError('body_too_large', `The body may have at most ${limit} bytes${setting}`);
}

/**
 * Refuses bodies before they are read: those that are announced to be larger than the route's `bodyLimit`,
 * and those that are compressed, whose size nobody knows.
 */
export const bodyLimits = fp(
  async (app) => {
    app.addHook('onRequest', (request, reply, done) => {
      const { headers, method } = request;
      if (method === 'GET' || method === 'HEAD') return done(); // nobody reads their bodies
      if (request.is404) return done(); // which is what is wrong with it
      const { bodyLimit } = request.routeOptions;
      if (Number(headers['content-length'] ?? 0) > bodyLimit) return done(bodyTooLarge(bodyLimit));
      const encoding = headers['content-encoding'];
      if (encoding === undefined || encoding.toLowerCase() === 'identity') return done();
      reply.header('accept-encoding', 'identity');
      done(new SuretyError('unsupported_media_type', 'Expected a body without Content-Encoding'));
    });
  },
  { name: 'body-limits' },
);

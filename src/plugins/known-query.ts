import fp from 'fastify-plugin';
import { isProbe } from '../http/probe.ts';
import { misfit } from '../http/problem.ts';

/**
 * Refuses what nobody reads in the query of an address, as unknown members of a body are refused: a `versoin` that was left
 * out of account would be answered for another version. Routes that take a query say so in their schema, which refuses what
 * it does not know. Probes are answered whatever a platform appends to them; pages of the documentation too.
 */
export const knownQuery = fp(
  async (app) => {
    app.addHook('onRequest', (request, _reply, done) => {
      const { routeOptions, is404 } = request;
      const taken = routeOptions.schema?.querystring !== undefined || routeOptions.config.page === true;
      if (is404 || taken || isProbe(request)) return done();
      const unknown = Object.keys(request.query as object);
      if (unknown.length === 0) return done();
      done(misfit('query', [{ path: '', message: `unknown: ${unknown.join(', ')}` }]));
    });
  },
  { name: 'known-query' },
);

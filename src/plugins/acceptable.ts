import accepts from '@fastify/accepts';
import type { FastifySchema } from 'fastify';
import fp from 'fastify-plugin';
import { z } from 'zod';
import { problems } from '../../schemas/problem.ts';
import { SuretyError } from '../errors.ts';

/**
 * Refuses with 406 what asks for an answer in media types of which the route declares none, before anything is done for it;
 * the route's documentation says so. Routes without a body to answer, and pages, declare no types and are left alone. Errors
 * are problem details whatever was asked for. Parameters of a type, such as a version, do not count.
 */
export const acceptable = fp(
  async (app) => {
    await app.register(accepts);
    app.addHook('onRoute', (route) => {
      const types = typesOf(route.schema);
      if (types.length > 0) route.schema = documented(route.schema!, types);
    });
    app.addHook('onRequest', (request, _reply, done) => {
      const { headers, routeOptions } = request;
      if (headers.accept === undefined || headers.accept === '*/*') return done();
      const types = typesOf(routeOptions.schema);
      if (types.length === 0) return done();
      headers.accept = headers.accept.replaceAll(/;(?!\s*q\s*=)[^;,]*/gi, '');
      if (request.accepts().type(types) !== false) return done();
      done(new SuretyError('not_acceptable', expected(types)));
    });
  },
  { name: 'acceptable' },
);

const expected = (types: readonly string[]) => `Expected Accept to allow one of ${types.join(', ')}`;

function documented(schema: FastifySchema, types: readonly string[]): FastifySchema {
  return {
    ...schema,
    response: { ...(schema.response ?? {}), ...problems({ not_acceptable: expected(types) }) },
  };
}

/** Media types of the good answers that a route declares. */
function typesOf(schema: FastifySchema | undefined): string[] {
  const responses = Object.entries((schema?.response ?? {}) as Record<string, object>);
  const good = responses.filter(([status]) => status.startsWith('2'));
  const types = good.flatMap(([, response]) => {
    if ('content' in response) return Object.keys(response.content as object);
    return response instanceof z.ZodUndefined ? [] : ['application/json'];
  });
  return [...new Set(types)];
}

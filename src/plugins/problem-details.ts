import type { FastifyError, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { SuretyError } from '../errors.ts';
import { logOurs, sendProblem, toSuretyError } from '../http/problem.ts';

/** Answers every error as problem details (RFC 9457) and logs those that are ours, with the request's id. */
export const problemDetails = fp(
  async (app) => {
    app.setErrorHandler<FastifyError>((error, request, reply) => {
      if (reply.raw.destroyed) return reply.hijack(); // the client has gone, which the request's line says
      // Where there is nothing at the address, that is what is wrong, and not the type of the body.
      const known = request.is404 && isFrameworks(error) ? nothingThere(request) : toSuretyError(error);
      logOurs(known, request);
      return sendProblem(known, request, reply);
    });
    app.setNotFoundHandler((request, reply) => sendProblem(nothingThere(request), request, reply));
  },
  { name: 'problem-details' },
);

function nothingThere({ method }: FastifyRequest): SuretyError {
  return new SuretyError('not_found', `There is no ${method} at this address`);
}

function isFrameworks({ code }: FastifyError): boolean {
  return typeof code === 'string' && code.startsWith('FST_ERR_');
}

import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { votesSchema } from '../schemas/votes.ts';
import { accountOf } from '../src/http/account.ts';
import { clientSignal } from '../src/http/client-signal.ts';
import { certifyGaussianVotes, certifyLabelVotes } from '../src/verdict/certify-votes.ts';

/** Certificates from votes that the caller has counted. */
export const votesRoutes: FastifyPluginAsyncZod = async (app) => {
  app.post('/votes', { schema: votesSchema, config: { scope: 'certify' } }, async (request, reply) => {
    const { noise, votes, confidence } = request.body;
    const certificate =
      noise.kind === 'gaussian'
        ? certifyGaussianVotes(votes, noise.sigma, confidence)
        : await certifyLabelVotes(votes, noise, confidence, {
            account: accountOf(request),
            signal: clientSignal(reply, app.config.requestTimeoutMs),
          });
    request.summary = { abstained: Number(certificate.abstained) };
    return certificate;
  });
};

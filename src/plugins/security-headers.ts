import fp from 'fastify-plugin';
import { answerHeaders } from '../http/answer-headers.ts';

/**
 * What a browser should know about an answer: it belongs in no cache and no page, and is what its type says; with
 * `tls`, that it should insist on TLS from now on. Pages (src/plugins/openapi.ts) have more of them from helmet, which
 * makes them anew for each request.
 */
export const securityHeaders = fp<{ tls: boolean }>(
  async (app, { tls }) => {
    const headers = answerHeaders(tls);
    app.addHook('onRequest', (_request, reply, done) => {
      reply.headers(headers);
      done();
    });
  },
  { name: 'security-headers' },
);

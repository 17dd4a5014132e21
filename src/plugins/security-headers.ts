import fp from 'fastify-plugin';

const INSIST_ON_TLS = 'max-age=31536000';

/** Of every answer. */
export const ANSWER_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** The same, and over TLS that a browser should insist on it from now on. */
export function answerHeaders(tls: boolean) {
  return { ...ANSWER_HEADERS, ...(tls && { 'strict-transport-security': INSIST_ON_TLS }) };
}

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

import fp from 'fastify-plugin';
import { SuretyError } from '../errors.ts';

/** An answer of which the client takes nothing for so long is given up. */
const STALLED_MS = 120_000;

/** Smaller answers leave the process whether or not anybody reads them. */
const KERNEL_BYTES = 2 ** 16;

/** In which all of a request has to arrive. Fastify hands it on to Node's server. */
export const REQUEST_TIMEOUT_MS = 300_000;

/** For Node's server: how long it waits for headers, how often it looks, and what is left to the hook below. */
export const HTTP_OPTIONS = {
  headersTimeout: 30_000,
  connectionsCheckingInterval: 1000,
  requireHostHeader: false,
} as const;

/** What Node would answer by itself, without problem details; and clients that do not read. */
export const httpServer = fp<{ stalledMs?: number }>(
  async (app, { stalledMs = STALLED_MS }) => {
    // Expectations other than 100-continue may be ignored (RFC 9110, 10.1.1).
    app.server.on('checkExpectation', (request, response) => {
      app.server.emit('request', request, response);
    });
    app.addHook('onRequest', (request, _reply, done) => {
      const hosts = countOf('host', request.raw.rawHeaders);
      if (hosts === 1 || (hosts === 0 && request.raw.httpVersion === '1.0')) return done();
      done(new SuretyError('malformed_http', 'Expected one header Host')); // RFC 9112, 3.2
    });
    app.addHook('onSend', (_request, { raw }, payload, done) => {
      if (lengthOf(payload) > KERNEL_BYTES) raw.setTimeout(stalledMs, () => raw.destroy());
      done();
    });
  },
  { name: 'http-server' },
);

/** How often a header occurs, among names and values in turns. */
function countOf(header: string, raw: readonly string[]): number {
  let count = 0;
  for (let k = 0; k < raw.length; k += 2) if (raw[k]!.toLowerCase() === header) count++;
  return count;
}

/** Of a stream nobody knows. */
function lengthOf(payload: unknown): number {
  if (payload === null || payload === undefined) return 0;
  return typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.length : Number.POSITIVE_INFINITY;
}

import type { FastifyReply, FastifyRequest } from 'fastify';

/** What is sent for so many milliseconds after the answer is still taken. */
const DISCARD_MS = 5000;

/**
 * For an answer that is given before the body has come. Node goes on to read the body and throws it away, so that a client
 * that sends all of it first does get the answer; here this ends after some seconds, with the connection.
 */
export function discardBody({ raw }: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once('finish', () => {
    if (raw.complete) return;
    const cut = setTimeout(() => raw.destroy(), DISCARD_MS).unref();
    raw.once('close', () => clearTimeout(cut));
  });
}

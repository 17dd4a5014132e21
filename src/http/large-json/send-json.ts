import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { takingTurns } from '../../process/taking-turns.ts';

/** Characters of an answer that are handed to the connection at once. */
const CHUNK = 2 ** 16;

/**
 * Sends JSON that is made part by part, and gives other requests turns meanwhile. All of it is made before
 * the first byte goes out, so that an error is still answered as one; stops with the signal's reason.
 */
export async function sendJson(
  reply: FastifyReply,
  parts: Iterable<string>,
  signal: AbortSignal,
): Promise<FastifyReply> {
  const turn = takingTurns(signal);
  const chunks: Buffer[] = [];
  let [text, bytes] = ['', 0];
  const add = () => {
    const chunk = Buffer.from(text);
    chunks.push(chunk);
    bytes += chunk.length;
    text = '';
  };
  for (const part of parts) {
    text += part;
    if (text.length >= CHUNK) add();
    await turn();
  }
  add();
  return reply
    .type('application/json; charset=utf-8')
    .header('content-length', bytes)
    .send(Readable.from(chunks));
}

import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { errorCodes, type FastifyInstance, type FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { JsonPieces } from '../http/large-json/json-pieces.ts';
import { guardHeap } from '../process/heap-guard.ts';
import { takingTurns } from '../process/taking-turns.ts';
import { bodyTooLarge } from './body-limits.ts';
import { Holding } from './held-bytes.ts';

/** Bodies up to so many bytes are parsed in one go, which takes some two milliseconds. */
const LARGE_BYTES = 2 ** 18;

/** Bytes of the heap that a character of JSON takes at worst, in a list of empty objects. */
const HEAP_PER_CHARACTER = 30;

type Done = (error: Error | null, value?: unknown) => void;
type ParseJson = (request: FastifyRequest, text: string, done: Done) => void;

/**
 * JSON bodies. Large ones are parsed as they arrive, and give other requests turns; whatever the size, the
 * outcome is that of Fastify's own parser, which refuses members that would change a prototype.
 */
export const jsonBody = fp(
  async (app) => {
    app.removeContentTypeParser(['application/json', 'text/plain']);
    const parseJson = parserOf(app);
    app.addContentTypeParser('application/json', (request, payload, done) => {
      // Where there is nothing at the address, that is what is wrong with the request.
      if (request.is404) done(null);
      else receive(request, payload, parseJson, new Holding(request), done);
    });
  },
  { name: 'json-body', dependencies: ['held-bytes'] },
);

/** Reads a body to its end; what is wrong with its length comes before what is wrong with its JSON. */
function receive(
  request: FastifyRequest,
  payload: IncomingMessage,
  parseJson: ParseJson,
  holding: Holding,
  done: Done,
): void {
  const { bodyLimit } = request.routeOptions;
  const expected = Number(request.headers['content-length']);
  const chunks: Buffer[] = [];
  let received = 0;
  let large: { readonly pieces: JsonPieces; readonly turn: () => Promise<void> } | undefined;

  const settle: Done = (error, value) => {
    payload.off('data', onData).off('end', onEnd).off('error', settle).off('close', onClose);
    holding.set(0);
    done(error, value);
  };
  const onClose = () => holding.set(0); // the client has gone
  const onData = (chunk: Buffer) => {
    received += chunk.length;
    if (received > bodyLimit) return settle(bodyTooLarge(bodyLimit));
    chunks.push(chunk);
    try {
      if (received <= LARGE_BYTES) return holding.set(received);
      large ??= { pieces: guardedPieces(synchronous(request, parseJson)), turn: takingTurns() };
      for (const one of chunks.splice(0)) large.pieces.add(one);
      holding.set(large.pieces.held);
    } catch (error) {
      return settle(error as Error);
    }
    payload.pause();
    large.turn().then(() => payload.resume());
  };
  const onEnd = () => {
    if (!Number.isNaN(expected) && received !== expected) {
      return settle(new errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH());
    }
    // Many clients name a content type with every request, also where there is nothing to send.
    if (request.method === 'DELETE' && received === 0) return settle(null);
    if (large === undefined) return parseJson(request, textOf(chunks), settle);
    let value: unknown;
    try {
      value = large.pieces.finish();
    } catch (error) {
      return settle(error as Error);
    }
    settle(null, value);
  };
  payload.on('data', onData).on('end', onEnd).on('error', settle).on('close', onClose);
}

/** Parses no piece that the heap may have no room for. */
function guardedPieces(parse: (text: string) => unknown): JsonPieces {
  const pieces = new JsonPieces((text) => {
    guardHeap(HEAP_PER_CHARACTER * text.length + pieces.growth);
    return parse(text);
  });
  return pieces;
}

/** Decoded as a whole: a character may lie across chunks. */
function textOf(chunks: readonly Buffer[]): string {
  return (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString();
}

/** The JSON of a text that is a part of a body, refused as that of a body is. */
export function parseJsonText(request: FastifyRequest, text: string): unknown {
  return synchronous(request, parserOf(request.server))(text);
}

function parserOf(app: FastifyInstance): ParseJson {
  return app.getDefaultJsonParser('error', 'error') as ParseJson;
}

/** Fastify's parser, which calls back at once, as a function that returns or throws. */
function synchronous(request: FastifyRequest, parseJson: ParseJson): (text: string) => unknown {
  return (text) => {
    let outcome: { error: Error | null; value?: unknown } | undefined;
    parseJson(request, text, (error, value) => {
      outcome = { error, value };
    });
    if (outcome!.error !== null) throw outcome!.error;
    return outcome!.value;
  };
}

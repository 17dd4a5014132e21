import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import fp from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Set when the process is about to stop: requests are still answered, and each answer is the last of its connection, but
     * new ones should go elsewhere.
     */
    draining: boolean;
  }
}

/** Requests of one connection that wait for their answers. Clients that send the next one before have few of them. */
const MAX_IN_FLIGHT = 16;

/** How long the rest of a body is still taken once its answer is sent. */
const DISCARD_MS = 5000;

/**
 * What an upload is told of itself. Its client may send all of it before it reads that, for as long as a request may take to
 * arrive.
 */
const READ_TO_THE_END: ReadonlySet<number> = new Set([400, 415, 422, 503, 507]);

/**
 * What holds for every connection, of whomever: it has at most 16 requests in flight, beyond which it is cut off, since answers
 * that wait for their turn take memory. A request that is answered before all of its body has come has five seconds for the
 * rest, so that a client that sends first and reads then gets its answer; longer where the answer is about the body. Closing
 * the application answers the requests in flight and then ends every connection, also those that are kept alive, never sent a
 * request, or sent half of one, which would hold up the exit. Register it first.
 */
export const connections = fp(
  async (app) => {
    let closing = false;
    const sockets = new Set<Socket>();
    const inFlight = new Map<Socket, Set<ServerResponse>>();
    app.server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    // Node's own takes an answer that has been handed over for one that has been sent, and cuts it off.
    app.server.closeIdleConnections = () => {};
    const endWhenIdle = () => {
      if (!closing || [...inFlight.values()].some(({ size }) => size > 0)) return;
      for (const socket of sockets) socket.destroySoon(); // what is still being written arrives
    };
    const responsesOf = (socket: Socket) => {
      const known = inFlight.get(socket);
      if (known !== undefined) return known;
      const responses = new Set<ServerResponse>();
      inFlight.set(socket, responses);
      socket.once('close', () => {
        inFlight.delete(socket);
        setImmediate(tellClosed, responses);
        endWhenIdle();
      });
      return responses;
    };
    const admit = (request: IncomingMessage, response: ServerResponse) => {
      const responses = responsesOf(request.socket);
      if (responses.has(response)) return;
      if (responses.size >= MAX_IN_FLIGHT) return void request.socket.destroy();
      responses.add(response);
      response.once('close', () => {
        responses.delete(response);
        if (request.complete === false && !READ_TO_THE_END.has(response.statusCode)) cutSoon(request);
        endWhenIdle();
      });
    };
    app.server.prependListener('request', admit);
    app.decorate('draining', false);
    app.addHook('onRequest', (request, reply, done) => {
      admit(request.raw, reply.raw); // of a server besides, such as for the second address of localhost
      // What came in one packet with the request that was one too many is still handed over.
      if (request.raw.socket.destroyed) reply.hijack();
      else done();
    });
    app.addHook('onSend', async (_request, reply) => {
      if (app.draining) reply.header('connection', 'close');
    });
    app.addHook('preClose', async () => {
      app.draining = true;
      closing = true;
      setImmediate(endWhenIdle); // once the server has stopped listening
    });
  },
  { name: 'connections' },
);

function cutSoon(request: IncomingMessage): void {
  const cut = setTimeout(() => request.destroy(), DISCARD_MS).unref();
  request.once('close', () => clearTimeout(cut));
}

/** Node tells it only the response whose turn it was; those behind it may be worked on, and logged, for nobody. */
function tellClosed(responses: ReadonlySet<ServerResponse>): void {
  for (const response of responses) response.destroy().emit('close');
}

import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
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

/**
 * Closing the application answers the requests in flight and then ends every connection, also those that are
 * kept alive, never sent a request, or sent half of one, which would hold up the exit.
 */
export const drain = fp(
  async (app) => {
    let inFlight = 0;
    let closing = false;
    const sockets = new Set<Socket>();
    const track = (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => {
        sockets.delete(socket);
        endWhenIdle();
      });
    };
    app.server.on('connection', track).on('secureConnection', track);
    // Node's own takes an answer that has been handed over for one that has been sent, and cuts it off.
    app.server.closeIdleConnections = () => {};
    const endWhenIdle = () => {
      if (!closing || inFlight > 0) return;
      // Under TLS each connection has a second socket beneath, which goes with it: last, those of handshakes.
      const secure = [...sockets].filter((socket) => socket instanceof TLSSocket);
      for (const socket of secure.length > 0 ? secure : sockets) socket.destroySoon(); // what is still being written arrives
    };
    app.decorate('draining', false);
    app.addHook('onRequest', async (_request, reply) => {
      inFlight++;
      reply.raw.once('close', () => {
        inFlight--;
        endWhenIdle();
      });
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
  { name: 'drain' },
);

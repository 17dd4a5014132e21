import { once } from 'node:events';
import net from 'node:net';
import { onTestFinished } from 'vitest';

/** A network between a client and a server of 127.0.0.1, which can fail. */
export interface TcpProxy {
  readonly port: number;
  /** Nothing arrives any more, in either direction, and nobody is told. Connections are still taken. */
  readonly swallow: () => void;
  /** Nothing arrives any more on the connections that there are; new ones work. */
  readonly forget: () => void;
  /** What was held back arrives, and all that comes. */
  readonly forward: () => void;
  /** How many connections have been made so far. */
  readonly connections: () => number;
}

export async function tcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<net.Socket>();
  let swallowing = false;
  let connections = 0;
  const proxy = net.createServer((client) => {
    connections++;
    const server = net.connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => to.write(data));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (swallowing) from.pause();
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  });
  const each = (does: 'pause' | 'resume') => {
    for (const socket of sockets) socket[does]();
  };
  return {
    port: (proxy.address() as net.AddressInfo).port,
    swallow: () => {
      swallowing = true;
      each('pause');
    },
    forget: () => each('pause'),
    forward: () => {
      swallowing = false;
      each('resume');
    },
    connections: () => connections,
  };
}

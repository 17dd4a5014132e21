import net from 'node:net';

export interface RawAnswer {
  /** 0 where the connection ended without an answer. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends bytes as they are over a connection of its own, and waits until it ends or is silent for `silenceMs`. */
export function sendRaw(
  url: string,
  pieces: readonly (string | Buffer)[],
  silenceMs = 2000,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<RawAnswer>();
  const received: Buffer[] = [];
  const socket = net.connect(Number(port), hostname);
  socket.setTimeout(silenceMs, () => socket.destroy());
  socket.on('data', (data) => received.push(data));
  socket.on('error', () => {}); // a reset; what came before it counts
  socket.on('end', () => socket.end());
  socket.on('close', () => {
    const text = Buffer.concat(received).toString();
    const split = text.indexOf('\r\n\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);
    resolve({ status, head: text.slice(0, Math.max(0, split)), body: text.slice(split + 4) });
  });
  for (const piece of pieces) socket.write(piece);
  return promise;
}

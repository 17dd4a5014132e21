import net from 'node:net';

export interface RawAnswer {
  /** 0 where the connection ended without an answer. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/**
 * Sends bytes as they are over a connection of its own, and waits until it ends or is silent for `silenceMs`. Gives the
 * first answer, its body out of its chunks.
 */
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
  socket.on('close', () => resolve(answerIn(Buffer.concat(received))));
  for (const piece of pieces) socket.write(piece);
  return promise;
}

function answerIn(bytes: Buffer): RawAnswer {
  const split = bytes.indexOf('\r\n\r\n');
  const head = bytes.toString('latin1', 0, Math.max(0, split));
  const rest = bytes.subarray(split + 4);
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? 0);
  if (status === 100) return answerIn(rest);
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  const chunked = /^transfer-encoding: chunked$/im.test(head);
  const body = chunked
    ? outOfChunks(rest)
    : rest.subarray(0, length === undefined ? undefined : Number(length));
  return { status, head, body: body.toString() };
}

/** As far as they came. */
function outOfChunks(bytes: Buffer): Buffer {
  const whole: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    const length = Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (line < 0 || !(length > 0)) return Buffer.concat(whole);
    whole.push(bytes.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
}

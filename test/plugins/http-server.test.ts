import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpServer } from '../../src/plugins/http-server.ts';
import { sendRaw } from '../support/process/raw.ts';
import { startService } from '../support/process/service.ts';

describe('a request with an expectation', () => {
  it.each(['100-continue', 'payment'])('of %s is answered as one without', async (expectation) => {
    const service = await startService();
    const head = `POST /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: ${expectation}\r\nContent-Length: 0\r\n\r\n`;
    const answer = await sendRaw(service.url, [head]);
    expect(answer.head + answer.body).toContain('HTTP/1.1 404 Not Found');
    expect(answer.body).toContain('"code":"not_found"');
  });
});

describe('a request with two hosts', () => {
  it('is refused, since a proxy may have taken it for the other', async () => {
    const service = await startService();
    const answer = await sendRaw(service.url, [
      'GET /livez HTTP/1.1\r\nHost: a\r\nhost: b\r\nConnection: close\r\n\r\n',
    ]);
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([400, 'malformed_http']);
  });
});

describe('a request without a host', () => {
  it('is answered where it is HTTP/1.0', async () => {
    const service = await startService();
    expect((await sendRaw(service.url, ['GET /livez HTTP/1.0\r\n\r\n'])).status).toBe(200);
  });
});

describe('an answer', () => {
  it('that nobody takes is given up; one that is taken slowly is not', async () => {
    const app = Fastify();
    onTestFinished(() => app.close());
    await app.register(httpServer, { stalledMs: 400 });
    app.get('/', async () => 'x'.repeat(2 ** 26));
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as net.AddressInfo;
    const ask = () => {
      const socket = net.connect(port, '127.0.0.1').on('error', () => {});
      onTestFinished(() => void socket.destroy());
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      return socket.pause();
    };
    const idle = ask();
    const [served] = (await once(app.server, 'connection')) as [net.Socket];
    const begun = performance.now();
    await once(served, 'close');
    expect(performance.now() - begun).toBeLessThan(5000);
    idle.destroy();

    // In bursts, for longer than is allowed without any.
    const slow = ask();
    let [read, most] = [0, 0];
    slow.on('data', (data) => {
      read += data.length;
      if (read >= most) slow.pause();
    });
    const finished = once(slow, 'close');
    for (const end = performance.now() + 1200; performance.now() < end; await sleep(50)) {
      most = read + 2 ** 20;
      slow.resume();
    }
    most = Number.POSITIVE_INFINITY;
    slow.resume();
    await finished;
    expect(read).toBeGreaterThan(2 ** 26);
  });
});

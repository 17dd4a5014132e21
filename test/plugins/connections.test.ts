import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connections } from '../../src/plugins/connections.ts';
import { until } from '../support/process/process.ts';

const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** A service whose /slow answers when told to, a connection to it, and what came back over that. */
async function connected() {
  const app = Fastify();
  onTestFinished(() => app.close());
  await app.register(connections);
  const slow = Promise.withResolvers<string>();
  let [handled, gone] = [0, 0];
  app.addHook('onRequest', async (_request, reply) => {
    handled++;
    reply.raw.once('close', () => reply.raw.writableFinished || gone++);
  });
  app.get('/slow', () => slow.promise);
  app.addContentTypeParser('text/x', (_request, _body, done) => done(null));
  app.post('/upload', async (_request, reply) => reply.code(422).send('no'));
  app.get('/large', async () => 'x'.repeat(2 ** 20));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as net.AddressInfo;
  const socket = net.connect(port, '127.0.0.1').on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return { app, socket, answerSlow: () => slow.resolve('done'), handled: () => handled, gone: () => gone };
}

/** How long closing takes, in milliseconds. */
async function closing(app: FastifyInstance): Promise<number> {
  const begun = performance.now();
  await app.close();
  return performance.now() - begun;
}

describe('requests that are sent before the answers to those before', () => {
  it('are answered, as many as sixteen, in their order', async () => {
    const { socket, answerSlow, handled } = await connected();
    let answers = '';
    socket.on('data', (data) => {
      answers += data;
    });
    socket.write(ask('/slow') + ask('/nowhere').repeat(15));
    await until(() => handled() === 16, 'handled');
    expect(answers).toBe('');
    answerSlow();
    await until(() => answers.split('HTTP/1.1 404').length === 16, 'answered');
    expect(answers).toMatch(/^HTTP\/1.1 200 /);
  });

  it('end the connection when they are more, and are not worked on', async () => {
    const { app, socket, handled } = await connected();
    const before = process.memoryUsage.rss();
    socket.pause();
    socket.write(ask('/large').repeat(1500));
    await once(socket.resume(), 'close');
    expect(handled()).toBe(16);
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 2 ** 20); // of the 1.5 GB that were asked for
    expect(await closing(app)).toBeLessThan(1000);
  });

  it('do not hold up the end when their client has gone', async () => {
    const { app, socket, answerSlow, handled, gone } = await connected();
    socket.write(ask('/slow').repeat(3));
    await until(() => handled() === 3, 'handled');
    socket.destroy();
    await sleep(50);
    const closed = closing(app);
    answerSlow();
    expect(await closed).toBeLessThan(1000);
    expect(gone(), 'each is told').toBe(3);
  });
});

describe('a second server of the same application', () => {
  it('has the same limit', async () => {
    const { app, handled } = await connected();
    const second = http.createServer((request, response) => app.routing(request, response));
    onTestFinished(() => void second.close());
    await once(second.listen(0, '127.0.0.1'), 'listening');
    const { port } = second.address() as net.AddressInfo;
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    socket.write(ask('/slow').repeat(100));
    await once(socket, 'close');
    expect(handled()).toBe(16);
  });
});

describe('a body that is still to come when its request is answered', () => {
  it('is taken for five seconds more, then the connection ends', { timeout: 20_000 }, async () => {
    const { socket } = await connected();
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.write('POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    const sending = setInterval(() => socket.write('4\r\nrows\r\n'), 100);
    onTestFinished(() => clearInterval(sending));
    await until(() => answer.startsWith('HTTP/1.1 404'), 'answered');
    const answered = performance.now();
    await once(socket, 'close');
    expect(performance.now() - answered).toBeGreaterThan(4000);
    expect(performance.now() - answered).toBeLessThan(9000);
  });

  it('is taken for longer where the answer is about the body, as of an upload', {
    timeout: 20_000,
  }, async () => {
    const { app, socket } = await connected();
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.write(
      'POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: text/x\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const sending = setInterval(() => socket.write('4\r\nrows\r\n'), 100);
    onTestFinished(() => clearInterval(sending));
    await until(() => answer.startsWith('HTTP/1.1 422'), 'answered');
    await sleep(6000);
    expect(socket.destroyed).toBe(false);
    clearInterval(sending);
    socket.end(`0\r\n\r\n${ask('/nowhere')}`);
    await until(() => answer.includes('HTTP/1.1 404'), 'and goes on');
    expect(app.server.listening).toBe(true);
  });
});

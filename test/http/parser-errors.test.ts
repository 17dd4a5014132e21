import { once } from 'node:events';
import net from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerParserError } from '../../src/http/parser-errors.ts';
import { MARKERS } from '../support/process/bad-requests.ts';
import { until } from '../support/process/process.ts';
import { type RawAnswer, sendRaw } from '../support/process/raw.ts';
import { startService } from '../support/process/service.ts';

/** The problem of an answer, once its form is checked. */
function problemOf({ status, head, body }: RawAnswer): { code: string; detail: string; requestId: string } {
  const problem = JSON.parse(body);
  expect(problem).toMatchObject({ status, type: `urn:surety:problem:${problem.code}` });
  expect(head).toContain('\r\ncontent-type: application/problem+json');
  expect(head).toContain(`\r\nx-request-id: ${problem.requestId}\r\n`);
  expect(head.toLowerCase()).toContain('\r\nconnection: close');
  expect(head).toContain('\r\ncache-control: no-store\r\n');
  return problem;
}

const { level } = MARKERS;
const post = (...headers: string[]) => `POST /certify HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`;

describe('what is no request', () => {
  it.each([
    [400, 'malformed_http', 'words', `tell me ${level}\r\n\r\n`],
    [400, 'malformed_http', 'a request in TLS', Buffer.from('16030100a5010000a10303', 'hex')],
    [400, 'malformed_http', 'HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    [400, 'malformed_http', 'a header without a colon', post('Host: x', level)],
    [400, 'malformed_http', 'two lengths', post('Host: x', 'Content-Length: 3', 'Content-Length: 4')],
    [400, 'malformed_http', 'a length below 0', post('Host: x', 'Content-Length: -1')],
    [
      400,
      'malformed_http',
      'a length and chunks',
      post('Host: x', 'Content-Length: 3', 'Transfer-Encoding: chunked'),
    ],
    [
      400,
      'malformed_http',
      'a chunk without a length',
      `${post('Host: x', 'Transfer-Encoding: chunked', 'Content-Type: application/json')}${level}\r\n`,
    ],
    [400, 'malformed_http', 'no host', post('Content-Length: 0', 'Connection: close')],
    [431, 'headers_too_large', 'large headers', post('Host: x', `X-A: ${level.repeat(2000)}`)],
    [431, 'headers_too_large', 'a large address', `GET /${level.repeat(2000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ])('is %i %s: %s', async (status, code, _what, bytes) => {
    const lines: string[] = [];
    const service = await startService({ log: { write: (line) => lines.push(line) } });
    const answer = await sendRaw(service.url, [bytes]);
    expect(answer.status).toBe(status);
    const { code: answered, requestId } = problemOf(answer);
    expect(answered).toBe(code);
    await until(() => lines.some((line) => line.includes(requestId)), 'logged');
    const line = JSON.parse(lines.find((one) => one.includes(requestId))!);
    expect(line).toMatchObject({ msg: 'request', level: 30, status, code });
    expect(lines.join('') + answer.body).not.toContain(level);
    await service.get('/livez').expect(200);
  });

  it('is 408 request_timeout when it does not arrive', async () => {
    const lines: string[] = [];
    const service = await startService({ log: { write: (line) => lines.push(line) } });
    service.app.server.headersTimeout = 500;
    service.app.server.requestTimeout = 1000;
    const begun = post('Host: x', 'Content-Type: application/json', 'Content-Length: 1000');
    const answers = await Promise.all(
      [`POST /certify HTTP/1.1\r\nHost: ${level}`, begun + level, ''].map((bytes) =>
        sendRaw(service.url, [bytes], 10_000),
      ),
    );
    for (const answer of answers) {
      expect(answer.status).toBe(408);
      expect(problemOf(answer).code).toBe('request_timeout');
    }
    await sleep(50);
    expect(lines.join('')).not.toContain(level);
    const logged = lines.map((line) => JSON.parse(line)).filter(({ status }) => status === 408);
    // the connection that was never used is nothing to look at
    expect(logged.map(({ level }) => level).sort()).toEqual([20, 30, 30]);
  });

  it('gets no answer between the bytes of another', async () => {
    const app = Fastify({ clientErrorHandler: answerParserError });
    onTestFinished(() => app.close());
    app.get('/', async (_request, reply) => {
      const body = new PassThrough();
      body.write('begun');
      setTimeout(() => body.end('done'), 300);
      return reply.send(body);
    });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
    let answer = '';
    socket
      .on('error', () => {})
      .on('data', (data) => {
        if (answer === '') socket.write(level);
        answer += data;
      });
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nbegun\r\n$/);
  });
});

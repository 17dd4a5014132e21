import { randomUUID } from 'node:crypto';
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionError, FastifyInstance } from 'fastify';
import { SuretyError } from '../errors.ts';
import { ANSWER_HEADERS } from './answer-headers.ts';
import { problemFor } from './problem.ts';

/**
 * Answers what Node's parser cannot read as a request, or did not get in time, and ends the connection. The
 * parser's own message may quote what came, so only its code is logged.
 */
export function answerParserError(this: FastifyInstance, error: ConnectionError, socket: Socket): void {
  const refusal = refusalOf(error.code);
  if (refusal === undefined || !socket.writable || answerHasBegun(socket)) {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  const { status, code } = refusal;
  const line = { requestId, method: null, route: null, status, code, reason: error.code };
  // Browsers and load balancers open connections that they may never use.
  this.log[socket.bytesRead === 0 ? 'debug' : 'info'](line, 'request');
  this.metrics?.problemAnswered(code);
  const body = JSON.stringify(problemFor(refusal, requestId));
  const headers = {
    ...ANSWER_HEADERS,
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'x-request-id': requestId,
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
  socket.end(text, () => socket.destroy());
}

/** Undefined where there is nobody to answer, or no HTTP to answer in. */
function refusalOf(code: string): SuretyError | undefined {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new SuretyError('request_timeout', 'The request did not arrive in time');
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new SuretyError('headers_too_large', 'The request line and headers may have at most 16 KiB');
  }
  // A client that ended its connection in the midst of a request has gone; what it had begun has its own line.
  if (!code.startsWith('HPE_') || code === 'HPE_INVALID_EOF_STATE') return undefined;
  return new SuretyError('malformed_http', 'The request is not valid HTTP/1.1');
}

/** Of the request before on the same connection: nothing may come between its bytes. */
function answerHasBegun(socket: Socket & { _httpMessage?: ServerResponse }): boolean {
  return socket._httpMessage?.headersSent === true; // as Node's own handler looks
}

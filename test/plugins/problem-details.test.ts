import http from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ANSWER_HEADERS } from '../../src/http/answer-headers.ts';
import { call, type LogLine, until } from '../support/process/process.ts';
import { readMetrics, sampleOf } from '../support/process/prometheus.ts';
import { startService } from '../support/process/service.ts';

const FILE = '/docs/static/swagger-ui.css';

describe('what plugins refuse for reasons of their own', () => {
  it.each([
    [400, 'invalid_request', 'GET', FILE, { range: 'bytes=999999999-' }],
    [400, 'invalid_request', 'GET', FILE, { 'if-match': '"other"' }],
    [400, 'invalid_request', 'GET', '/docs/static/%00', {}],
    [404, 'not_found', 'QUERY', '/models', {}],
    [404, 'not_found', 'PUT', '/models', { 'content-type': '?' }],
    [404, 'not_found', 'GET', '/docs/static/..%2f..%2f..%2fpackage.json', {}],
    [404, 'not_found', 'GET', '/docs/static/.hidden', {}],
  ] as const)('is %i %s: %s %s %j', async (status, code, method, url, headers) => {
    const { app } = await startService();
    const answer = await app.inject({ method: method as 'GET', url, headers });
    expect(answer.json()).toMatchObject({ status, code, requestId: answer.headers['x-request-id'] });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([status, 'application/problem+json']);
  });
});

describe('an address that no route can be looked up for', () => {
  it.each(['/%zz', `/models/${'x'.repeat(201)}`])(
    'is answered, logged and counted like others: %.10s',
    async (path) => {
      const lines: LogLine[] = [];
      const log = { write: (line: string) => void lines.push(JSON.parse(line)) };
      const service = await startService({ log, config: { metrics: 'open' } });
      const answer = await call(service.url, 'GET', path);
      expect([answer.status, JSON.parse(answer.text).code]).toEqual([404, 'not_found']);
      expect(answer.headers).toMatchObject({ ...ANSWER_HEADERS, 'x-request-id': expect.any(String) });
      expect(answer.headers).not.toHaveProperty('strict-transport-security');
      await until(() => lines.some(({ route }) => route === null), 'logged');
      expect(lines.filter(({ requestId }) => requestId === answer.headers['x-request-id'])).toEqual([
        expect.objectContaining({
          msg: 'request',
          method: 'GET',
          route: null,
          status: 404,
          code: 'not_found',
        }),
      ]);
      const metrics = readMetrics((await service.get('/metrics')).text);
      const labels = { method: 'GET', route: 'none', status: '404' };
      expect(sampleOf(metrics, 'surety_http_request_duration_seconds_count', labels)).toBe(1);
      expect(sampleOf(metrics, 'surety_problems_total', { code: 'not_found' })).toBe(1);
    },
  );

  it('is the last of its connection while the service drains', async () => {
    const service = await startService();
    const agent = new http.Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const connection = async () => (await call(service.url, 'GET', '/%zz', { agent })).headers.connection;
    expect(await connection()).toBe('keep-alive');
    service.app.draining = true;
    expect(await connection()).toBe('close');
  });
});

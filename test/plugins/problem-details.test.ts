import { describe, expect, it } from 'vitest';
import { startService } from '../support/service.ts';

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

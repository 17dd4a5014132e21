import http from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { application, REGISTRATION } from '../support/models/loans.ts';
import { type CallOptions, call, postJson, startServer, uploadForm } from '../support/process/process.ts';
import { temporaryFolder } from '../support/process/service.ts';

/** A heap that each of the requests below would fill several times over. */
const SMALL_HEAP = { NODE_OPTIONS: '--max-old-space-size=96' };
const BYTES = 6 * 2 ** 20;

type Request = CallOptions & { readonly path: string };

const filled = (text: string) => text.repeat(BYTES / text.length);
const certify = (instances: string): Request => ({
  path: '/certify',
  headers: { 'content-type': 'application/json' },
  body: `{"model":"loans","instances":[${instances}]}`,
});

/** Texts of which no two are the same. */
function manyTexts(): string {
  const rows = Array.from({ length: 20_000 }, (_, row) => {
    const cells = Array.from({ length: 40 }, (_, column) => `x${(40 * row + column).toString(36)}`);
    return `${cells.join(',')},${row % 2}`;
  });
  return [`${Array.from({ length: 40 }, (_, column) => `c${column}`).join(',')},y`, ...rows].join('\n');
}

describe('requests that would grow to more than the heap', () => {
  it('are refused, alone and at once, and the service goes on', async () => {
    const server = await startServer(temporaryFolder(), SMALL_HEAP);
    expect((await postJson(server.url, '/models', REGISTRATION)).status).toBe(201);
    const question = { model: 'loans', instances: [application(0)] };
    const { text: answer } = await postJson(server.url, '/certify', question);
    const form = { path: '/models', ...uploadForm({ name: 'texts', target: 'y' }, manyTexts()) };
    const large: Record<string, Request> = {
      'empty objects': certify(`${filled('{},')}{}`),
      'numbers that are no array of numbers': certify(`"",${filled('1.5,')}1`),
      'lists in lists': certify(`${filled(`${'['.repeat(100)}${']'.repeat(100)},`)}1`),
      'members of one object': certify(`{${filled('"\\u0041":1,')}"b":1}`),
      'entries of one list': certify(`[${filled('{},')}1]`),
      'texts in a table': form,
    };
    // A connection that is kept takes the answer also where it comes before the end of the body.
    const agent = new http.Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const refused = async ({ path, ...send }: Request, what: string) => {
      const { status, text } = await call(server.url, 'POST', path, { ...send, agent });
      // an object with more members than any needs is refused for that, before the heap is looked at
      const expected = what.startsWith('members') ? [413, 'body_too_large'] : [503, 'overloaded'];
      expect([status, JSON.parse(text).code], what).toEqual(expected);
    };
    for (const [what, one] of Object.entries(large)) await refused(one, what);
    await Promise.all(Object.entries(large).map(([what, one]) => refused(one, `${what}, among others`)));
    expect((await postJson(server.url, '/certify', question)).text).toBe(answer);
    expect((await call(server.url, 'GET', '/readyz')).status).toBe(200);
  }, 120_000);
});

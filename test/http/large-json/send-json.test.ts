import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { sendJson } from '../../../src/http/large-json/send-json.ts';

const EMOJI = '🙂'.repeat(20_000);

function appThatSends(parts: () => Iterable<string>, signal = new AbortController().signal) {
  const app = Fastify();
  app.get('/', (_request, reply) => sendJson(reply, parts(), signal));
  return app;
}

describe('sendJson', () => {
  it('sends the parts as one answer whose length is known', async () => {
    const parts = ['["', EMOJI, '",', ...Array<string>(100).fill(`"${EMOJI}",`), '1]'];
    const { headers, payload, statusCode } = await appThatSends(() => parts).inject('/');
    expect(statusCode).toBe(200);
    expect(payload).toBe(parts.join(''));
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headers['content-length']).toBe(String(Buffer.byteLength(payload)));
  });

  it('fails as a whole when a part cannot be made', async () => {
    const app = appThatSends(function* () {
      yield EMOJI.repeat(3);
      throw new Error('the second part');
    });
    const { json, statusCode } = await app.inject('/');
    expect([statusCode, json().message]).toEqual([500, 'the second part']);
  });

  it('gives turns to others, and stops when its signal says so', async () => {
    const controller = new AbortController();
    let made = 0;
    const app = appThatSends(function* () {
      for (; made < 1000; made++) {
        const until = performance.now() + 1;
        while (performance.now() < until);
        yield '1,';
      }
    }, controller.signal);
    const answer = app.inject('/');
    await sleep(30);
    expect(made).toBeLessThan(900);
    controller.abort(new Error('enough'));
    expect((await answer).json().message).toBe('enough');
    expect(made).toBeLessThan(1000);
  });
});

import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { certify, json, register } from '../support/process/provocations.ts';
import { type Service, startService } from '../support/process/service.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const LONG = JSON.stringify({ noise: 'x'.repeat(70_000) });

describe('a body', () => {
  it.each([
    ['POST /votes', (s: Service) => s.post('/votes')],
    ['DELETE /models/{name}', (s: Service) => s.delete('/models/loans')],
    ['DELETE /models/{name}/versions/{version}', (s: Service) => s.delete('/models/loans/versions/1')],
  ])('of %s may have 64 KiB, announced or not', async (_operation, ask) => {
    const service = await startService();
    const announced = await ask(service).set(JSON_TYPE).send(LONG).expect(413);
    const { url, method } = ask(service);
    const streamed = await fetch(url, {
      method,
      headers: JSON_TYPE,
      body: ReadableStream.from([LONG.slice(0, 40_000), LONG.slice(40_000)]).pipeThrough(
        new TextEncoderStream(),
      ),
      duplex: 'half',
    });
    for (const [status, body] of [
      [announced.status, announced.body],
      [streamed.status, await streamed.json()],
    ]) {
      expect([status, body]).toEqual([413, expect.objectContaining({ code: 'body_too_large' })]);
      expect(body.detail).toBe('The body may have at most 65536 bytes');
    }
  });

  it('of an operation that takes data may have more, unless it is set otherwise', async () => {
    const service = await startService();
    await register({})(service).expect(201);
    await certify({ instances: [{ note: 'x'.repeat(70_000) }] })(service).expect(422);
    const small = await startService({ config: { maxBodyBytes: 1000 } });
    const { body } = await small
      .post('/votes')
      .send({ noise: 'x'.repeat(1000) })
      .expect(413);
    expect(body.detail).toBe('The body may have at most 1000 bytes (SURETY_MAX_BODY_BYTES)');
  });

  it('does not matter where there is nothing, or where nobody reads it', async () => {
    const { app } = await startService({ config: { maxBodyBytes: 1000 } });
    const ask = async (method: 'GET' | 'POST', url: string, headers: object) => {
      const body = LONG;
      return (await app.inject({ method, url, headers: { ...JSON_TYPE, ...headers }, body })).statusCode;
    };
    const zipped = { 'content-encoding': 'gzip' };
    expect(await ask('POST', '/nowhere', {})).toBe(404);
    expect(await ask('POST', '/nowhere', zipped)).toBe(404);
    expect(await ask('GET', '/livez', zipped)).toBe(200);
  });

  it.each(['gzip', 'br', 'GZIP, identity'])('in Content-Encoding %s is refused', async (encoding) => {
    const service = await startService();
    const zipped = gzipSync(JSON.stringify({ model: 'loans', instances: [{}] }));
    const answer = await fetch(`${service.url}/certify`, {
      method: 'POST',
      headers: { ...JSON_TYPE, 'content-encoding': encoding },
      body: zipped,
    });
    expect([answer.status, await answer.json()]).toEqual([
      415,
      expect.objectContaining({
        code: 'unsupported_media_type',
        detail: 'Expected a body without Content-Encoding',
      }),
    ]);
    expect(answer.headers.get('accept-encoding')).toBe('identity');
    await json('{')(service).set('content-encoding', 'identity').expect(400);
  });
});

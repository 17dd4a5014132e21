import type { OpenAPIV3_1 } from 'openapi-types';
import { expect, it } from 'vitest';
import { bearer, keyOf } from '../support/process/keys.ts';
import { document } from '../support/process/openapi.ts';
import { filled, operations } from '../support/process/openapi-operations.ts';
import { startService } from '../support/process/service.ts';

const all = operations(document as unknown as OpenAPIV3_1.Document);

it('Accept that cannot be met is 406 at each operation with an answer, and what can be met is no matter', async () => {
  const service = await startService({ config: { auth: true } });
  const headers = bearer(await keyOf(service));
  for (const { path, method, operation } of all) {
    const name = `${method} ${path}`;
    const contents = Object.entries(operation.responses!).filter(([status]) => status.startsWith('2'));
    const types = contents.flatMap(([, one]) =>
      Object.keys((one as OpenAPIV3_1.ResponseObject).content ?? {}),
    );
    const ask = (accept: string) => service[method](filled(path, operation)).set({ ...headers, accept });
    for (const accept of ['font/woff2', 'text/html, font/woff2;q=0.5', '*/*;q=0']) {
      const { status, type, body } = await ask(accept);
      if (types.length === 0) expect(status, name).not.toBe(406);
      else
        expect([status, type, body.code], name).toEqual([406, 'application/problem+json', 'not_acceptable']);
    }
    for (const type of types) {
      const range = `${type.split('/')[0]}/*`;
      for (const accept of [type, `${type};version=9`, range, '*/*', `text/html, ${type};q=0.1`]) {
        expect((await ask(accept)).status, `${name} ${accept}`).not.toBeOneOf([401, 403, 406]);
      }
    }
  }
});

it('errors are problem details whatever Accept says', async () => {
  const service = await startService({ config: { auth: true } });
  for (const path of ['/models', '/nowhere']) {
    const { status, type } = await service.get(path).set('accept', 'text/html');
    expect([status, type]).toEqual([401, 'application/problem+json']);
  }
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../src/errors.ts';
import { document, resolved } from './support/process/openapi.ts';
import { PROVOCATIONS } from './support/process/provocations.ts';

/** Of the error responses; others have examples too. */
type Examples = { examples?: Record<string, { value: { code: string } }> };

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('the error table', () => {
  it('is all provoked by the tests over HTTP', () => {
    const files = [
      'routes/errors',
      'routes/keys',
      'routes/time-limits',
      'service/damage',
      'plugins/access',
      'plugins/cors',
      'http/parser-errors',
      'plugins/rate-limit',
      'routes/fair-shares',
    ];
    const elsewhere = files.map((file) => read(`./${file}.test.ts`)).join('');
    const provoked = new Set<string>(PROVOCATIONS.map(({ code }) => code));
    const missing = Object.keys(ERRORS).filter(
      (code) => !provoked.has(code) && !elsewhere.includes(`${code}`),
    );
    expect(missing).toEqual([]);
  });

  it('is all in openapi.yaml, with an example each', () => {
    const examples = Object.values(document.paths)
      .flatMap((operations) => Object.values(operations))
      .flatMap(({ responses }) => Object.values(responses))
      .map(resolved)
      .flatMap(({ content }) => (content?.['application/problem+json'] ?? []) as Examples)
      .flatMap(({ examples }) => Object.values(examples ?? {}).map(({ value }) => value.code));
    // what belongs to no operation
    const others = ['not_found', 'malformed_http', 'request_timeout', 'headers_too_large'];
    expect([...new Set(examples), ...others].sort()).toEqual(Object.keys(ERRORS).sort());
  });

  it('is all explained in docs/errors.md', () => {
    const text = read('../docs/errors.md');
    const explained = [...text.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, code, status]) => [
      code,
      Number(status),
    ]);
    expect(explained).toEqual(Object.entries(ERRORS).map(([code, [status]]) => [code, status]));
  });
});

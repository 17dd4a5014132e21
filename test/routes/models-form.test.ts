import { describe, expect, it } from 'vitest';
import { loansCsv } from '../support/models/loans.ts';
import { type RawAnswer, sendRaw } from '../support/process/raw.ts';
import { startService } from '../support/process/service.ts';

const MODEL = '{"name":"loans","target":"outcome"}';

interface Form {
  readonly boundary?: string;
  readonly contentType?: string;
  /** Lines of the head of the part, its disposition first. */
  readonly modelHead?: string[];
  readonly model?: string;
  readonly dataHead?: string[];
  readonly before?: string;
  readonly after?: string;
}

/** A form, right unless something else is given. */
async function send(form: Form): Promise<RawAnswer> {
  const { boundary = 'b', contentType = `multipart/form-data; boundary=${boundary}` } = form;
  const part = (head: string[], body: string) => `--${boundary}\r\n${head.join('\r\n')}\r\n\r\n${body}\r\n`;
  const model = part(form.modelHead ?? ['Content-Disposition: form-data; name="model"'], form.model ?? MODEL);
  const disposition = 'Content-Disposition: form-data; name="data"; filename="loans.csv"';
  const data = part(form.dataHead ?? [disposition], loansCsv());
  const body = `${form.before ?? ''}${model}${data}--${boundary}--\r\n${form.after ?? ''}`;
  const head = [
    'POST /models HTTP/1.1',
    'Host: x',
    'Connection: close',
    `Content-Type: ${contentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ].join('\r\n');
  const { url } = await startService();
  return sendRaw(url, [`${head}\r\n\r\n${body}`]);
}

const named = (name: string, ...more: string[]) => [
  `Content-Disposition: form-data; name="${name}"`,
  ...more,
];
const JSON_PART = 'Content-Type: application/json';
const data = (name: string) => [`Content-Disposition: form-data; name="${name}"; filename="loans.csv"`];
const EVIL = MODEL.replace('{', '{"__proto__":{"polluted":1},');

describe('the form of POST /models', () => {
  it.each<[string, Form]>([
    ['with a part model that says that it is JSON', { modelHead: named('model', JSON_PART) }],
    ['with a quoted boundary', { contentType: 'multipart/form-data; boundary="b"' }],
    ['with text before and after', { before: `${'x'.repeat(10_000)}\r\n`, after: 'x'.repeat(10_000) }],
    [
      'with an encoding of parts, which nobody uses',
      { modelHead: named('model', 'Content-Transfer-Encoding: 7bit') },
    ],
    ['with many headers', { modelHead: named('model', ...Array(1000).fill('X-A: b')) }],
    ['with a large header', { modelHead: named('model', `X-A: ${'b'.repeat(100_000)}`) }],
    [
      'with a path for a name',
      { dataHead: [`Content-Disposition: form-data; name="data"; filename="../../etc/loans.csv"`] },
    ],
  ])('is taken %s', async (_how, form) => {
    const { status, body } = await send(form);
    expect(status, body).toBe(201);
  });

  it.each<[string, string, Form]>([
    ['without a boundary', 'malformed_multipart', { contentType: 'multipart/form-data' }],
    ['with an empty boundary', 'malformed_multipart', { contentType: 'multipart/form-data; boundary=' }],
    ['with another boundary', 'malformed_multipart', { contentType: 'multipart/form-data; boundary=c' }],
    [
      'with a boundary that cannot be decoded',
      'malformed_multipart',
      { contentType: "multipart/form-data; boundary*=x''%zz" },
    ],
    [
      'with the boundary in the file',
      'malformed_multipart',
      { after: '\r\n--b--', boundary: 'b', dataHead: [...data('data'), '', '--b--'] },
    ],
    ['of another kind', 'unsupported_media_type', { contentType: 'multipart/mixed; boundary=b' }],
    ['with JSON that is none', 'malformed_multipart', { modelHead: named('model', JSON_PART), model: '{' }],
    ['with a prototype', 'malformed_json', { model: EVIL }],
    [
      'with a prototype in JSON that says so',
      'malformed_multipart',
      { modelHead: named('model', JSON_PART), model: EVIL },
    ],
    [
      'with a prototype for a column',
      'malformed_json',
      { model: MODEL.replace('}', ',"columnTypes":{"__proto__":"number"}}') },
    ],
    ['with a part that every object has', 'malformed_multipart', { modelHead: named('toString') }],
    ['with a file that every object has', 'malformed_multipart', { dataHead: data('constructor') }],
    ['with a part without a name', 'malformed_multipart', { modelHead: ['X-A: b'] }],
    ['with a name of thousands of characters', 'malformed_multipart', { modelHead: named('m'.repeat(7000)) }],
  ])('is refused %s: %s', async (_how, code, form) => {
    const { body } = await send(form);
    expect(JSON.parse(body).code).toBe(code);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each(['before its parts', 'in a part that nobody asked for'])(
    'is too large with too much %s, whatever length it announces',
    async (where) => {
      const { url } = await startService({ config: { maxBodyBytes: 100_000 } });
      const head = 'POST /models HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n';
      const type = 'Content-Type: multipart/form-data; boundary=b\r\n\r\n';
      const begin = where === 'before its parts' ? '' : '--b\r\nContent-Disposition: attachment\r\n\r\n';
      const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
      const pieces = [head + type, chunk(`${begin}x`), ...Array(20).fill(chunk('x'.repeat(10_000)))];
      const { status, body } = await sendRaw(url, pieces);
      expect([status, JSON.parse(body).code]).toEqual([413, 'body_too_large']);
    },
  );
});

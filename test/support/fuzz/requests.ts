import fc from 'fast-check';
import { filled, jsonExamples, mediaOf, type Operation } from '../process/openapi-operations.ts';
import { MORE_EXAMPLES } from './examples.ts';
import { hostileForm } from './form.ts';
import { heavyRequests } from './heavy/requests.ts';
import { hostileJson, hostileText, hostileValue } from './values.ts';
import {
  chunkSizes,
  type Header,
  headerText,
  latin1,
  type Parts,
  seldom,
  type WireRequest,
  written,
} from './wire.ts';

const JSON_TYPE: Header = ['Content-Type', 'application/json'];
const ACCEPTS: Header[] = ['image/svg+xml', 'text/event-stream', 'application/json', '*/*'].map((type) => [
  'Accept',
  type,
]);
const hostileHeader: fc.Arbitrary<Header> = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      ...[
        'Content-Type',
        'Content-Length',
        'Content-Encoding',
        'Transfer-Encoding',
        'Accept',
        'Accept-Encoding',
        'Expect',
      ],
      ...[
        'X-Request-Id',
        'Range',
        'If-Match',
        'If-None-Match',
        'Host',
        'Connection',
        'Upgrade',
        'Cookie',
        'Origin',
      ],
      ...[
        'Authorization',
        'X-Forwarded-For',
        'X-HTTP-Method-Override',
        'Accept-Version',
        'Access-Control-Request-Method',
      ],
      ...['traceparent', '__proto__', 'constructor', 'X-Ä'],
    ),
    headerText,
  ),
  fc.constantFrom<Header>(
    ['Content-Type', 'application/json; charset=utf-16'],
    ['Content-Type', 'text/plain'],
    ['Content-Type', 'application/x-www-form-urlencoded'],
    ['Content-Type', 'multipart/form-data; boundary='],
    ['Content-Encoding', 'gzip'],
    ['Content-Length', '-1'],
    ['Content-Length', '999999999999999999999'],
    ['Transfer-Encoding', 'gzip, chunked'],
    ['Expect', '100-continue'],
    ['Expect', 'x'],
    ['Range', 'bytes=0-0,5-'],
    ['Upgrade', 'websocket'],
    ['Connection', 'upgrade, close'],
  ),
);

const pathPart = fc.oneof(
  hostileText.map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom(
    '..',
    '.',
    '%2e%2e',
    '%2f',
    '%',
    '%zz',
    '%ff',
    '%00',
    '%c0%af',
    '',
    'loan-applications',
    '1',
    'latest',
  ),
  fc.constantFrom('x'.repeat(250), '%61'.repeat(150), '1e3', '-1', '0', '99999999999', ';a=b', '*', '[1]'),
);

/** Requests that are much like good ones, and others, to each of the operations; and those that ask for much. */
export function hostileRequests(
  operations: readonly Operation[],
  headers: readonly Header[],
): fc.Arbitrary<WireRequest> {
  const examplesOf = ({ operation }: Operation) => [
    ...jsonExamples(operation),
    ...(MORE_EXAMPLES[operation.operationId!] ?? []),
  ];
  const withJson = operations.filter((one) => examplesOf(one).length > 0);
  const withForm = operations.filter(
    ({ operation }) => mediaOf(operation, 'multipart/form-data') !== undefined,
  );
  const examples = new Map(withJson.map((one) => [one, examplesOf(one)]));
  const send = (parts: Parts) => written({ ...parts, headers: [...headers, ...parts.headers] });

  const good = fc.constantFrom(...operations).chain((one) => {
    const body =
      one.method === 'post' ? fc.constantFrom(...(examples.get(one) ?? [{}])) : fc.constant(undefined);
    return fc
      .record({ body, accept: fc.constantFrom(...ACCEPTS), chunks: chunkSizes })
      .map(({ body, accept, chunks }) =>
        send({
          kind: 'good',
          method: one.method.toUpperCase(),
          path: filled(one.path, one.operation),
          headers: body === undefined ? [accept] : [accept, JSON_TYPE],
          ...(body && { body: JSON.stringify(body), chunks }),
        }),
      );
  });

  const json = fc.constantFrom(...withJson).chain((one) =>
    fc
      .record({
        text: fc.oneof(
          { weight: 8, arbitrary: hostileJson(examples.get(one)!) },
          { weight: 1, arbitrary: hostileJson([{}]) },
        ),
        cut: seldom(fc.double({ min: 0, max: 1, noNaN: true }), 1),
        accept: fc.constantFrom(...ACCEPTS),
        chunks: chunkSizes,
      })
      .map(({ text, cut, accept, chunks }) =>
        send({
          kind: 'json',
          method: 'POST',
          path: filled(one.path, one.operation),
          headers: [JSON_TYPE, accept],
          body: text.slice(0, Math.ceil(text.length * cut)),
          chunks,
        }),
      ),
  );

  const address = fc
    .record({
      one: fc.constantFrom(...operations),
      part: pathPart,
      method: fc.constantFrom(
        'GET',
        'GET',
        'DELETE',
        'POST',
        'HEAD',
        'PUT',
        'PATCH',
        'OPTIONS',
        'TRACE',
        'QUERY',
        'PROPFIND',
      ),
      query: fc.oneof(
        fc.constant(''),
        pathPart.map((text) => `?${text}=${text}&__proto__[a]=1&a[]=2`),
      ),
      place: fc.constantFrom('parameter', 'end', 'begin', 'instead', 'absolute'),
      body: seldom(
        hostileValue.map((value) => JSON.stringify(value) ?? ''),
        undefined,
      ),
    })
    .map(({ one, part, method, query, place, body }) => {
      const path = filled(one.path, one.operation, (example) => (place === 'parameter' ? part : example));
      const target = {
        parameter: path,
        end: `${path}/${part}`,
        begin: `/${part}${path}`,
        instead: `/${part}`,
        absolute: `http://other${path}`,
      }[place as 'parameter'];
      const content = body === undefined ? {} : { body };
      return send({
        kind: 'address',
        method,
        path: target + query,
        headers: body === undefined ? [] : [JSON_TYPE],
        ...content,
      });
    });

  const page = pathPart.map((part) =>
    send({ kind: 'page', method: 'GET', path: `/docs/static/${part}`, headers: [] }),
  );

  const heads = fc
    .record({ request: fc.oneof(good, json), more: fc.array(hostileHeader, { minLength: 1, maxLength: 4 }) })
    .map(({ request, more }) => {
      const added = latin1(more.map(([name, value]) => `${name}: ${value}\r\n`).join(''));
      const at = request.bytes.indexOf('\r\n') + 2;
      const bytes = request.bytes.slice(0, at) + added + request.bytes.slice(at);
      return { ...request, kind: 'headers', bytes, whole: false };
    });

  const form = fc
    .record({ one: fc.constantFrom(...withForm), parts: hostileForm })
    .map(({ one, parts }) => send({ kind: 'form', method: 'POST', path: one.path, ...parts }));

  const raw = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }).map(latin1),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc.constantFrom(
      '\r\n',
      '\r\n\r\n',
      'GET',
      'GET /livez HTTP/9.9\r\n\r\n',
      'GET /livez\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    ),
    fc
      .record({
        request: fc.oneof(good, json, form),
        at: fc.nat(),
        what: fc.string({ unit: 'binary', maxLength: 3 }),
      })
      .map(({ request: { bytes }, at, what }) => {
        const cut = at % (bytes.length + 1);
        return at % 3 === 0 ? bytes.slice(0, cut) : bytes.slice(0, cut) + latin1(what) + bytes.slice(cut + 1);
      }),
    fc.tuple(good, good).map(([one, other]) => one.bytes.replace('Connection: close\r\n', '') + other.bytes), // pipelined
  );
  const garbage = raw.map(
    (bytes): WireRequest => ({ kind: 'raw', method: '', path: '', bytes, whole: false }),
  );

  return fc.oneof(
    { weight: 8, arbitrary: json },
    { weight: 2, arbitrary: good },
    { weight: 3, arbitrary: address },
    { weight: 1, arbitrary: page },
    { weight: 2, arbitrary: heads },
    { weight: 3, arbitrary: form },
    { weight: 1, arbitrary: garbage },
    { weight: 5, arbitrary: heavyRequests },
  );
}

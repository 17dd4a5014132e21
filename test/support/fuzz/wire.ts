import fc from 'fast-check';
import { hostileText } from './values.ts';

/** A request as it is written to the connection. */
export interface WireRequest {
  /** What kind of request it is, for the counts. */
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  /** In latin1, one character a byte. */
  readonly bytes: string;
  /** Whether the service can tell where the request ends, and so must answer it. */
  readonly whole: boolean;
  /** After so much silence the client leaves; default: as long as such requests are waited for. */
  readonly patienceMs?: number;
  /** Over how many connections it is sent at once. Default: one. */
  readonly connections?: number;
}

export type Header = readonly [name: string, value: string];

export interface Parts {
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly Header[];
  readonly body?: string;
  /** Sizes of the chunks in which the body is sent; undefined: at once, with its length. */
  readonly chunks?: readonly number[] | undefined;
}

export const latin1 = (text: string) => Buffer.from(text).toString('latin1');

/** With the lines that a request needs. */
export function written({ kind, method, path, headers, body, chunks }: Parts): WireRequest {
  const bytes = latin1(body ?? '');
  const framing: Header[] =
    body === undefined
      ? []
      : chunks
        ? [['Transfer-Encoding', 'chunked']]
        : [['Content-Length', String(bytes.length)]];
  const lines = [['Host', 'localhost'], ['Connection', 'close'], ...framing, ...headers];
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return {
    kind,
    method,
    path,
    bytes: latin1(head) + (chunks ? inChunks(bytes, chunks) : bytes),
    whole: true,
  };
}

/** A body of JSON, in good order. */
export const jsonPost = (kind: string, path: string, body: object): WireRequest =>
  written({
    kind,
    method: 'POST',
    path,
    headers: [['Content-Type', 'application/json']],
    body: JSON.stringify(body),
  });

function inChunks(bytes: string, sizes: readonly number[]): string {
  let text = '';
  for (let at = 0, k = 0; at < bytes.length; k++) {
    const chunk = bytes.slice(at, at + sizes[k % sizes.length]!);
    text += `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
    at += chunk.length;
  }
  return `${text}0\r\n\r\n`;
}

/** The same value as a rule. */
export const seldom = <T, Usual>(arbitrary: fc.Arbitrary<T>, usual: Usual): fc.Arbitrary<T | Usual> =>
  fc.oneof({ weight: 1, arbitrary }, { weight: 5, arbitrary: fc.constant(usual) });

/** Sizes of chunks, or undefined: none. */
export const chunkSizes = seldom(
  fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 4 }),
  undefined,
);

/** A header's value that can be sent: what cannot is an attack on the client. */
export const headerText = fc
  .oneof(hostileText, fc.constantFrom('x'.repeat(20_000), 'a,'.repeat(3000), '"', ';;;', '*/*;q=zz'))
  .map((text) => text.replaceAll(/[\r\n\0]/g, ' '));

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { SuretyError } from '../../../src/errors.ts';
import { JsonPieces } from '../../../src/http/large-json/json-pieces.ts';

type Call = (request: unknown, text: string, done: (error: Error | null, value: unknown) => void) => void;
const call = Fastify().getDefaultJsonParser('error', 'error') as Call;

/** The parser of small bodies: JSON.parse that refuses members which would change a prototype. */
function parse(text: string): unknown {
  let outcome: [Error | null, unknown] = [null, undefined];
  call({}, text, (...result) => {
    outcome = result;
  });
  if (outcome[0] !== null) throw outcome[0];
  return outcome[1];
}

/** The value; undefined where the text is refused. */
function plain(bytes: Buffer): unknown {
  try {
    return parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function inPieces(bytes: Buffer, pieceBytes?: number, chunkBytes = [bytes.length]): unknown {
  const pieces = new JsonPieces(parse, pieceBytes);
  let at = 0;
  for (let k = 0; at < bytes.length; k++) {
    const end = at + chunkBytes[k % chunkBytes.length]!;
    pieces.add(bytes.subarray(at, end));
    at = end;
  }
  try {
    return pieces.finish();
  } catch {
    return undefined;
  }
}

function same(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(one, other) && JSON.stringify(one) === JSON.stringify(other); // the order of members too
}

const space = fc.constantFrom('', '', '', ' ', '\n', '\t\r ');
const padded = (text: fc.Arbitrary<string>) =>
  fc.tuple(space, text, space).map(([before, inner, after]) => before + inner + after);
const name = fc.constantFrom(
  'a',
  'b',
  '1',
  '',
  'instances',
  '__proto__',
  'constructor',
  'prototype',
  '\\u005f_proto__',
  '[0]',
);
const scalar = fc.oneof(
  fc.constantFrom(
    'null',
    'true',
    'false',
    '0',
    '-0',
    '1.5e3',
    '-12.25E-2',
    '1e999',
    '0.1',
    '123456789012345678901',
  ),
  fc.constantFrom(
    '""',
    '"\\""',
    '"\\\\"',
    '"[1,2]"',
    '"],["',
    '"{\\"a\\":[,"',
    '"\\ud800"',
    '"é€𝄞"',
    '"\\u005b,\\u005d"',
  ),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
);
/** JSON texts, with members that occur twice and members that are refused. */
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    padded(scalar),
    padded(fc.array(tie('json'), { maxLength: 6 }).map((all) => `[${all.join(',')}]`)),
    padded(
      fc
        .array(fc.tuple(padded(name.map((text) => `"${text}"`)), tie('json')), { maxLength: 5 })
        .map((all) => `{${all.map((member) => member.join(':')).join(',')}}`),
    ),
  ),
}));
const bytes = fc
  .tuple(fc.constantFrom('', '', '', '\ufeff'), json)
  .map((texts) => Buffer.from(texts.join('')));
const cuts = fc.tuple(
  fc.integer({ min: 0, max: 12 }),
  fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
);
/** Changes of a text: at a place, so many bytes replaced by these. */
const NEW = ['', ',', '[', ']', '{', '}', '"', '\\', ':', ' ', '0', '[]', ',,', '\ufeff'].map((text) =>
  Buffer.from(text),
);
const change = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.integer({ min: 0, max: 2 }),
  fc.constantFrom(...NEW, Buffer.of(0xff), Buffer.of(0xe2, 0x82), Buffer.of(0xc3)),
);

describe('JSON parsed in pieces', () => {
  it('is what it is when parsed at once, however it is cut', () => {
    let accepted = 0;
    fc.assert(
      fc.property(bytes, cuts, (text, [pieceBytes, chunkBytes]) => {
        const value = plain(text);
        if (value !== undefined) accepted++;
        return same(inPieces(text, pieceBytes, chunkBytes), value);
      }),
      { seed: 61, numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(2500);
    expect(accepted).toBeLessThan(4990);
  });

  it('is refused where it would be when parsed at once: broken texts, and bytes that are not UTF-8', () => {
    let [accepted, refused] = [0, 0];
    fc.assert(
      fc.property(
        bytes,
        fc.array(change, { minLength: 1, maxLength: 3 }),
        cuts,
        (text, changes, [size, chunkBytes]) => {
          let broken = text;
          for (const [place, removed, added] of changes) {
            const at = Math.floor(place * broken.length);
            broken = Buffer.concat([broken.subarray(0, at), added, broken.subarray(at + removed)]);
          }
          const value = plain(broken);
          if (value === undefined) refused++;
          else accepted++;
          return same(inPieces(broken, size, chunkBytes), value);
        },
      ),
      { seed: 62, numRuns: 20_000 },
    );
    expect(accepted).toBeGreaterThan(500);
    expect(refused).toBeGreaterThan(2000);
  });

  it.each([
    ['an empty array', '{"a":[]}'],
    ['an array of white space', '{"a":[ \n]}'],
    ['nothing but an array', '[1,[2,[3]],"]"]'],
    ['nothing but a number', '1'],
    ['an entry left out at a cut', '[1,,2]'],
    ['an entry left out at the start', '[,1]'],
    ['an entry left out at the end', '[1,2,]'],
    ['two commas and nothing else', '[,]'],
    ['an array closed by a brace', '{"a":[1,2}'],
    ['an array inside closed by a brace', '[[1},2]'],
    ['an array never closed', '{"a":[1,2'],
    ['a string never closed', '{"a":["1,2]}'],
    ['too many brackets', '[1]]'],
    ['two arrays', '[1][2]'],
    ['an array for a name', '{[1]:2}'],
    ['a backslash outside strings', '[1,\\"2"]'],
    ['what stands for an array', '{"a":[0],"b":[[0],[1]],"c":{"d":[1]}}'],
    ['a member twice', '{"a":[1],"a":[2],"b":{"a":[3]},"b":[4]}'],
    ['a prototype', '{"a":[{"__proto__":[1]}]}'],
    ['a prototype that a later member replaces', '{"a":[1,{"__proto__":[1]},2],"a":[3]}'],
    ['a broken array that a later member replaces', '{"a":[1,{"__proto__":1},02],"a":[3]}'],
    ['a prototype of the frame', '{"__proto__":[1]}'],
    ['a constructor that is none', '{"constructor":[{"prototype":1}]}'],
    ['a constructor', '{"constructor":{"prototype":[1]}}'],
    ['a byte order mark', '\ufeff[1,2]'],
    ['a byte order mark inside', '[1,\ufeff2]'],
    ['nothing', ''],
  ])('%s', (_, text) => {
    for (let pieceBytes = 0; pieceBytes < 4; pieceBytes++) {
      expect(inPieces(Buffer.from(text), pieceBytes, [1])).toSatisfy((value) =>
        same(value, plain(Buffer.from(text))),
      );
    }
  });

  it('parses a piece at a time', () => {
    const lengths: number[] = [];
    const pieces = new JsonPieces((text) => {
      lengths.push(text.length);
      return JSON.parse(text);
    }, 1000);
    const rows = Array.from({ length: 2000 }, (_, row) => [row, 'a,[', { b: [row] }]);
    const text = Buffer.from(JSON.stringify({ model: 'm', deep: { rows }, end: 1 }));
    for (let at = 0; at < text.length; at += 7) pieces.add(text.subarray(at, at + 7));
    expect(pieces.finish()).toEqual({ model: 'm', deep: { rows }, end: 1 });
    expect(lengths.length).toBeGreaterThan(40);
    expect(Math.max(...lengths)).toBeLessThan(1050);
  });

  it('is not deeper than the stack, however deep the text', () => {
    const deep = (open: string, close: string, most: number) =>
      `${open.repeat(most)}[1]${close.repeat(most)}`;
    for (const [open, close, most] of [
      ['{"a":', '}', 32_000],
      ['[', ']', 200_000],
    ] as const) {
      let value = inPieces(Buffer.from(deep(open, close, most)));
      for (let depth = 0; depth <= most; depth++) value = Object.values(value as object)[0];
      expect(value).toBe(1);
    }
  });

  it('refuses what would take too much to parse: too deep, or too long or of too many members where it cannot be cut', () => {
    const failure = (text: string, parse: (text: string) => unknown = JSON.parse) => {
      const pieces = new JsonPieces(parse);
      for (let at = 0; at < text.length; at += 2 ** 20) pieces.add(Buffer.from(text.slice(at, at + 2 ** 20)));
      try {
        return pieces.finish();
      } catch (error) {
        return [(error as SuretyError).code, (error as Error).message];
      }
    };
    const much = 'x'.repeat(2 ** 24 + 2 ** 21); // a chunk more than is allowed, and another
    const tooDeep = ['invalid_request', 'body: values are nested more than 262144 deep'];
    expect(failure('['.repeat(300_000))).toEqual(tooDeep);
    expect(failure('}'.repeat(300_000) + '['.repeat(300_000))).toEqual(tooDeep);
    const tooLong = ['body_too_large', 'A single value in the body may have at most 16777216 bytes'];
    for (const text of [`["${much}"]`, `{"a":"${much}"}`, `[1,["${much}"],2]`, `{"a":${much}`]) {
      expect(isDeepStrictEqual(failure(text), tooLong), text.slice(0, 9)).toBe(true);
    }
    const members = (count: number) => `${'"a":1,'.repeat(count - 1)}"a":1`;
    const tooMany = ['body_too_large', 'A single value in the body may have at most 32768 members'];
    for (const frame of [(of: string) => `{${of}}`, (of: string) => `[1,{${of}},2]`]) {
      expect(failure(frame(members(32_769)))).toEqual(tooMany);
      expect(failure(frame(members(32_768)))).toEqual(JSON.parse(frame('"a":1')));
    }
    expect(
      failure(
        `[${Array(5)
          .fill(`{${members(30_000)}}`)
          .join(',')}]`,
      ),
    ).toHaveLength(5);
    const refuse = () => {
      throw new SuretyError('overloaded', 'no room');
    };
    expect(failure('[1]', refuse)).toEqual(['overloaded', 'no room']);
  });
});

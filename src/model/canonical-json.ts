/** Characters of a piece, or a few more. */
const PIECE = 2 ** 16;

/**
 * JSON with sorted keys and no white space, byte for byte the same on every machine (RFC 8785, JSON
 * Canonicalization Scheme, whose number format is ECMAScript's own).
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = membersOf(value).map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** The same text in pieces, for values that are long. */
export function* canonicalPieces(value: unknown): Generator<string> {
  let piece = '';
  for (const part of parts(value)) {
    piece += part;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

function* parts(value: unknown): Generator<string> {
  if (Array.isArray(value)) {
    let before = '[';
    for (const entry of value) {
      yield before;
      if (typeof entry === 'object') yield* parts(entry);
      else yield JSON.stringify(entry);
      before = ',';
    }
    yield value.length === 0 ? '[]' : ']';
  } else if (typeof value === 'object' && value !== null) {
    let before = '{';
    for (const [key, member] of membersOf(value)) {
      yield `${before}${JSON.stringify(key)}:`;
      yield* parts(member);
      before = ',';
    }
    yield before === '{' ? '{}' : '}';
  } else yield JSON.stringify(value);
}

function membersOf(value: object): [key: string, member: unknown][] {
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

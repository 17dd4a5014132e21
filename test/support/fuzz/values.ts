import fc from 'fast-check';

/** In a member's name: left out of the text, so that a name may be there twice, or be `__proto__`. */
const NOTHING = '\u2063';
/** Begins a string that stands in the text without its quotes. */
const BARE = '\u2064';

const TEXTS = [
  ...['', ' ', '\0', '\ud800', 'x\udfff', '\u{1f4a9}', '\u202e', 'é', '\ufeff', 'x'.repeat(300)],
  ...['__proto__', 'constructor', 'toString', 'prototype', 'hasOwnProperty', 'length'],
  ...['NaN', 'Infinity', '-0', '1e309', 'null', 'true', '0x10', '1,5'],
  ...["'; DROP TABLE models; --", '../../etc/passwd', '%00%ff', '$' + '{7*7}', '<script>', '\r\nX-A: b'],
];

/** JSON that nobody's encoder writes, or that is none. */
const BARE_TEXTS = [
  ...['1e999', '-1e999', '1e-999', '1'.repeat(400), `0.${'0'.repeat(400)}1`, '-0', '9007199254740993'],
  ...['01', '+1', '.5', '1.', 'NaN', '-', 'tru', "'a'", 'undefined', '', '\u00a01', '/**/1'],
  ...['"\\ud800"', '"\\u0000"', '"\\x"', '"\n"', '"'],
  ...['[1,]', '[,]', '{"a":1,"a":2}', '{"a":1,}', '{1:1}', '[1}'],
  ...[
    '{"__proto__":{"polluted":1}}',
    '{"\\u005f_proto__":1}',
    '{"constructor":{"prototype":{"polluted":1}}}',
  ],
  ...[
    `${'['.repeat(3000)}${']'.repeat(3000)}`,
    `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`,
    '['.repeat(3000),
  ],
];

const NUMBERS = [0, 1, -1, 2, 7, 100, 0.5, 1e-9, 5e-324, 2 ** 31, 2 ** 53, -(2 ** 63), 1e21, 1e308, -1e308];

export const hostileText = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ maxLength: 20 }),
);

export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [{}], [null], Array(1000).fill(0)),
  fc.constantFrom(...NUMBERS),
  fc.double(),
  hostileText,
  hostileText,
  fc.constantFrom(...BARE_TEXTS.map((text) => BARE + text)),
  fc.jsonValue({ maxDepth: 3 }),
);

const memberName = fc.oneof(hostileText, fc.constant('__proto__')).map((name) => NOTHING + name);

/** A change of a value somewhere inside it. */
interface Edit {
  readonly at: number;
  readonly how: 'replace' | 'remove' | 'repeat' | 'rename' | 'nest' | 'add' | 'twice' | 'swap';
  readonly value: unknown;
  readonly name: string;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom<Edit['how']>(
    'replace',
    'replace',
    'remove',
    'repeat',
    'rename',
    'nest',
    'add',
    'twice',
    'swap',
  ),
  value: hostileValue,
  name: memberName,
});

/** Mostly one, so that many values are good but for one place. */
const edits = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(edit) },
  { weight: 1, arbitrary: fc.array(edit, { maxLength: 5 }) },
);

/** The JSON text of one of some values, changed in up to five places. */
export const hostileJson = (examples: readonly unknown[]): fc.Arbitrary<string> =>
  fc
    .record({ example: fc.constantFrom(...examples), edits })
    .map(({ example, edits }) => textOf((edits as Edit[]).reduce(changed, structuredClone(example))));

function textOf(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text
    .replaceAll(new RegExp(`"${BARE}((?:[^"\\\\]|\\\\.)*)"`, 'g'), (_, bare) => JSON.parse(`"${bare}"`))
    .replaceAll(NOTHING, '');
}

type Container = Record<string, unknown> | unknown[];

/** The value with one place in it changed; what does not fit there does nothing. */
function changed(root: unknown, { at, how, value: given, name }: Edit): unknown {
  const value = structuredClone(given); // which later changes may change
  const places = placesIn(root);
  if (places.length === 0) return value;
  const [container, key] = places[at % places.length]!;
  const old = container[key];
  if (how === 'replace') container[key] = value;
  else if (how === 'nest') container[key] = at % 2 === 0 ? [old] : { [name]: old };
  else if (how === 'swap') container[key] = typeof old === 'number' ? String(old) : Number(old);
  else if (Array.isArray(container)) {
    if (how === 'remove') container.splice(Number(key), 1);
    else if (how === 'repeat') container.push(...Array.from({ length: at % 50 }, () => structuredClone(old)));
    else container.splice(Number(key), 0, value);
  } else if (how === 'remove') delete container[key];
  else if (how === 'rename') {
    delete container[key];
    container[name] = old;
  } else if (how === 'add') container[name] = value;
  else container[key + NOTHING] = value; // the name a second time
  return root;
}

/** Every place in a value, but for those deep inside it; at most some thousands. */
function placesIn(root: unknown): [container: Record<string, unknown>, key: string][] {
  const places: [Record<string, unknown>, string][] = [];
  const open: [unknown, number][] = [[root, 0]];
  for (let next = open.pop(); next !== undefined && places.length < 5000; next = open.pop()) {
    const [container, depth] = next;
    if (typeof container !== 'object' || container === null || depth > 6) continue;
    for (const key of Object.keys(container as Container)) {
      places.push([container as Record<string, unknown>, key]);
      open.push([(container as Record<string, unknown>)[key], depth + 1]);
    }
  }
  return places;
}

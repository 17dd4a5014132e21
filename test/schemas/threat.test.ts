import { describe, expect, it } from 'vitest';
import { threatSchema } from '../../schemas/threat.ts';

const condition = { column: 'age', below: 25 };
const nested = (depth: number): object =>
  depth === 1 ? condition : { [depth % 2 === 0 ? 'and' : 'or']: [nested(depth - 1)] };

/** Where and why a threat does not fit; null when it does. */
function misfitOf(threat: unknown): string | null {
  const { error } = threatSchema.safeParse(threat);
  if (error === undefined) return null;
  expect(error.issues).toHaveLength(1);
  return `${error.issues[0]!.path.join('/')}: ${error.issues[0]!.message}`;
}

const at = (rows: unknown) => misfitOf({ rows });

describe('a threat', () => {
  it.each<[unknown]>([
    [{}],
    [{ transitions: [['a', 'b']] }],
    [{ rows: { column: 'sex', in: ['f', 1, true, null, ''] } }],
    [{ rows: { column: 'sex', notIn: ['f'] } }],
    [{ rows: { column: 'age', below: 25, atMost: 1, above: -1e300, atLeast: 0 } }],
    [{ rows: { indices: [] } }],
    [{ rows: { indices: [7, 0, 7] } }],
    [{ rows: nested(8) }],
    [{ rows: { or: Array(999).fill(condition) } }],
  ])('may be %j', (threat) => {
    expect(threatSchema.parse(threat)).toEqual(threat);
  });

  it.each<[string, unknown]>([
    [': Invalid input: expected object, received array', []],
    [': Unrecognized key: "row"', { row: condition }],
    ['rows: expected a condition', { rows: 'all' }],
    ['rows: expected a condition', { rows: null }],
    ['transitions: expected at least one', { transitions: [] }],
    ['transitions: expected pairs of two different classes, [from, to]', { transitions: [['a', 'a']] }],
    ['transitions: expected pairs of two different classes, [from, to]', { transitions: [['a', 'b', 'c']] }],
    ['transitions: expected pairs of two different classes, [from, to]', { transitions: [['a', 1]] }],
  ])('is refused, %s', (message, threat) => {
    expect(misfitOf(threat)).toBe(message);
  });

  it.each<[string, unknown]>([
    ['/column', {}],
    ['', []],
    ['', { column: 'age' }],
    ['/column', { in: ['f'] }],
    ['/column', { column: 7, in: ['f'] }],
    ['/in', { column: 'sex', in: [] }],
    ['/in', { column: 'sex', in: 'f' }],
    ['/in', { column: 'sex', in: ['f', ['m']] }],
    ['/in', { column: 'age', in: [Number.POSITIVE_INFINITY] }],
    ['/notIn', { column: 'sex', notIn: [{}] }],
    ['', { column: 'sex', in: ['f'], notIn: ['m'] }],
    ['', { column: 'sex', in: ['f'], below: 3 }],
    ['/below', { column: 'age', below: '25' }],
    ['/above', { column: 'age', above: null }],
    ['/atMost', { column: 'age', atMost: Number.NaN }],
    ['/indices', { indices: [1.5] }],
    ['/indices', { indices: [-1] }],
    ['/indices', { indices: ['1'] }],
    ['/indices', { indices: [2 ** 53] }],
    ['/and', { and: [] }],
    ['/or', { or: condition }],
    ['', { and: [condition], or: [condition] }],
    ['/and/1/or/0/in', { and: [condition, { or: [{ column: 'sex', in: [] }] }] }],
    ['/or/0/and/0'.repeat(4), nested(9)],
    ['/or/999', { or: Array(1000).fill(condition) }],
    ['/and/1/or/497', { and: [{ or: Array(500).fill(condition) }, { or: Array(500).fill(condition) }] }],
  ])('is refused for what is at rows%s', (path, rows) => {
    expect(at(rows)?.split(':')[0]).toBe(`rows${path}`);
  });

  it('gets one misfit, whatever the size of what does not fit', () => {
    expect(at({ indices: Array(1_000_000).fill('x') })).toBe(
      'rows/indices: expected row numbers, counted from 0',
    );
    expect(at({ column: 'a', in: Array(1_000_000).fill([]) })).toBe(
      'rows/in: expected strings, numbers, booleans or null',
    );
    expect(at({ and: Array(1_000_000).fill(0) })).toBe('rows/and/0: expected a condition');
    expect(at({ and: Array(1_000_000).fill(condition) })).toBe(
      'rows/and/999: expected at most 1000 conditions',
    );
    expect(misfitOf({ transitions: Array(1_000_000).fill('a') })).toMatch(/^transitions: expected pairs/);
    expect(at(nested(5000))).toMatch(/: expected conditions nested at most 8 deep$/);
  });
});

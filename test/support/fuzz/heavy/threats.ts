import fc from 'fast-check';

const counted = (length: number) => Array.from({ length }, (_, k) => k);

/** Conditions on the columns of the loans, some of them long lists. */
const LEAVES = [
  { column: 'months', atMost: 24 },
  { column: 'purpose', in: ['car', 'debt'] },
  { column: 'income', notIn: [null] },
  { indices: counted(100) },
  { column: 'owns_home', in: [true] },
  { column: 'amount', above: 5000, below: 9000 },
];

/** What can also be said of ready-made features. */
const ROWS = LEAVES.filter(({ indices }) => indices !== undefined);

/** So many conditions in all, nested so deep: a chain of `and` and `or`, the rest in its innermost. */
export function deepThreat(depth: number, conditions: number, start: number): object {
  const leaves = start === 0 ? ROWS : LEAVES;
  const innermost = counted(conditions - depth + 1).map((k) => leaves[(start + k) % leaves.length]!);
  let whole: object = { or: innermost };
  for (let k = 2; k < depth; k++) whole = k % 2 === 0 ? { and: [whole] } : { or: [whole] };
  return whole;
}

/** About the limits of depth (8) and number (1000), on either side. */
const deep = fc
  .tuple(fc.constantFrom(8, 8, 8, 7, 9, 10), fc.integer({ min: 994, max: 1004 }), fc.nat(5))
  .map(([depth, conditions, start]) => deepThreat(depth, conditions, start));

const long = fc.integer({ min: 1000, max: 40_000 }).chain((length) =>
  fc.constantFrom<object>(
    { column: 'amount', in: counted(length) },
    { column: 'amount', notIn: counted(length) },
    { column: 'purpose', in: [...Array<string>(length).fill('car'), 'no such level'] },
    { indices: counted(length) }, // most of them beyond the last row
    { indices: Array<number>(length).fill(0) },
  ),
);

/** `threat` of a request: deep, long, or by a name that was registered, or was not. */
export const heavyThreat: fc.Arbitrary<unknown> = fc.oneof(
  fc.oneof(deep, long).map((rows) => ({ rows })),
  fc.constantFrom('cars', 'deep', 'half', 'nobody', 'constructor'),
);

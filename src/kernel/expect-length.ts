/** Throws a RangeError unless an array has `expected` entries. `what` names it: "function: argument". */
export function expectLength(what: string, array: ArrayLike<number>, expected: number): void {
  if (array.length !== expected) {
    throw new RangeError(`${what}: expected ${expected} entries, got ${array.length}`);
  }
}

/** Entries of an array for each of `count` that share it. Throws a RangeError unless they are as many for each. */
export function entriesEach(what: string, array: ArrayLike<number>, count: number): number {
  const each = array.length / count;
  if (!Number.isInteger(each)) {
    throw new RangeError(`${what}: expected as many entries for each of ${count}, got ${array.length}`);
  }
  return each;
}

/** Throws a RangeError unless an array has at least `needed` entries. */
export function expectRoom(what: string, array: ArrayLike<number>, needed: number): void {
  if (array.length < needed) {
    throw new RangeError(`${what}: expected at least ${needed} entries, got ${array.length}`);
  }
}

/** Sorted at once; a larger block is merged from two. */
const BLOCK = 2 ** 12;
/** Compared between two chances to give others a turn. */
const STEP = 2 ** 13;

/** The numbers, of which no two may change places, sorted: a merge sort, in steps. They are changed too. */
export function* mergeSorted(
  numbers: Int32Array,
  isBefore: (a: number, b: number) => boolean,
): Generator<void, Int32Array> {
  const count = numbers.length;
  let sorted: Int32Array = numbers;
  for (let from = 0; from < count; from += BLOCK) {
    sorted.subarray(from, from + BLOCK).sort((a, b) => (isBefore(a, b) ? -1 : 1));
    yield;
  }
  let spare: Int32Array = new Int32Array(count);
  for (let width = BLOCK; width < count; width *= 2) {
    for (let from = 0; from < count; from += 2 * width) {
      const middle = Math.min(from + width, count);
      const end = Math.min(middle + width, count);
      for (let [left, right, to] = [from, middle, from]; to < end; to++) {
        if (to % STEP === 0) yield;
        const isLeft = right === end || (left < middle && isBefore(sorted[left]!, sorted[right]!));
        spare[to] = isLeft ? sorted[left++]! : sorted[right++]!;
      }
    }
    [sorted, spare] = [spare, sorted];
  }
  return sorted;
}

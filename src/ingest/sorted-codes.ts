/** Sorted at once; a larger block is merged from two. */
const BLOCK = 2 ** 12;
/** Compared between two chances to give others a turn. */
const STEP = 2 ** 13;

/** The numbers of `texts`, which differ, in the order of their texts by UTF-16 code units. A merge sort, in steps. */
export function* sortedCodes(texts: readonly string[]): Generator<void, Int32Array> {
  const count = texts.length;
  let codes = Int32Array.from(texts.keys());
  for (let from = 0; from < count; from += BLOCK) {
    codes.subarray(from, from + BLOCK).sort((a, b) => (texts[a]! < texts[b]! ? -1 : 1));
    yield;
  }
  let spare = new Int32Array(count);
  for (let width = BLOCK; width < count; width *= 2) {
    for (let from = 0; from < count; from += 2 * width) {
      const middle = Math.min(from + width, count);
      const end = Math.min(middle + width, count);
      for (let [left, right, to] = [from, middle, from]; to < end; to++) {
        if (to % STEP === 0) yield;
        const fromLeft = right === end || (left < middle && texts[codes[left]!]! < texts[codes[right]!]!);
        spare[to] = fromLeft ? codes[left++]! : codes[right++]!;
      }
    }
    [codes, spare] = [spare, codes];
  }
  return codes;
}

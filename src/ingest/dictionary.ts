import { guardHeap } from '../process/heap-guard.ts';

/** From this size on the doubling of a Map is worth a look first: old and new table together take so many bytes a text. */
const LARGE = 2 ** 14;
const BYTES_PER_TEXT = 84;

/** Distinct texts in the order of their first appearance, each with a code. */
export class Dictionary {
  readonly #codes = new Map<string, number>();

  code(text: string): number {
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    const code = this.#codes.size;
    if (code >= LARGE && (code & (code - 1)) === 0) guardHeap(code * BYTES_PER_TEXT);
    this.#codes.set(text, code);
    return code;
  }

  get texts(): string[] {
    return [...this.#codes.keys()];
  }

  /**
   * The texts in `order` (by default sorted by UTF-16 code units, which no row order can change) and, for
   * each code, its place there (-1 where `order` lacks the text).
   */
  ranked(order: readonly string[] = this.texts.sort()): { texts: readonly string[]; rankOf: Int32Array } {
    const places = new Map(order.map((text, place) => [text, place]));
    const rankOf = Int32Array.from(this.#codes.keys(), (text) => places.get(text) ?? -1);
    return { texts: order, rankOf };
  }
}

import type { Buffer } from 'node:buffer';
import { guardHeap } from '../process/heap-guard.ts';
import { RecentTexts } from './recent-texts.ts';
import { sortedCodes } from './sorted-codes.ts';

/** From this size on the doubling of a Map is worth a look first: old and new table together take so many bytes a text. */
const LARGE = 2 ** 14;
const BYTES_PER_TEXT = 84;
/** Entries between two chances to give others a turn. */
const STEP = 2 ** 13;

/** Distinct texts in the order of their first appearance, each with a code. */
export class Dictionary {
  readonly #codes = new Map<string, number>();
  readonly #texts: string[] = [];
  #recent: RecentTexts | undefined;

  code(text: string): number {
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    const code = this.#texts.length;
    if (code >= LARGE && (code & (code - 1)) === 0) guardHeap(code * BYTES_PER_TEXT);
    this.#codes.set(text, code);
    this.#texts.push(text);
    return code;
  }

  /** As `code`, of the text whose bytes stand from `start` to `end` (exclusive), UTF-8. */
  codeOfBytes(bytes: Buffer, start: number, end: number): number {
    this.#recent ??= new RecentTexts();
    const recent = this.#recent.code(bytes, start, end);
    if (recent >= 0) return recent;
    const code = this.code(bytes.toString('utf8', start, end));
    this.#recent.keep(bytes, start, end, code);
    return code;
  }

  get texts(): readonly string[] {
    return this.#texts;
  }

  /** The texts sorted by UTF-16 code units, which no row order can change, and the place of each code there. In steps. */
  *ranked(): Generator<void, Ranked> {
    const order = yield* sortedCodes(this.#texts);
    const texts: string[] = [];
    const rankOf = new Int32Array(order.length);
    for (const [place, code] of order.entries()) {
      if (place % STEP === 0) yield;
      texts.push(this.#texts[code]!);
      rankOf[code] = place;
    }
    return { texts, rankOf };
  }

  /** The place of each code in an order that is given; -1 where it lacks the text. */
  rankedAs(order: readonly string[]): Ranked {
    const places = new Map(order.map((text, place) => [text, place]));
    return { texts: order, rankOf: Int32Array.from(this.#texts, (text) => places.get(text) ?? -1) };
  }
}

export interface Ranked {
  readonly texts: readonly string[];
  readonly rankOf: Int32Array;
}

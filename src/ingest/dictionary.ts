import type { Buffer } from 'node:buffer';
import { guardHeap } from '../process/heap-guard.ts';
import { mergeSorted } from '../process/merge-sort.ts';
import { RecentTexts } from './recent-texts.ts';

/** From this size on the doubling of a Map is worth a look first: old and new table together take so many bytes a text. */
const LARGE = 2 ** 14;
const BYTES_PER_TEXT = 84;
/** Tables that share the texts: one of a million would take too long, in one step, when it doubles. A power of two. */
const SHARDS = 64;
/** Entries between two chances to give others a turn. */
const STEP = 2 ** 13;

/** As many texts as most columns have are in one table. */
const SMALL = 2 ** 12;

/** Distinct texts in the order of their first appearance, each with a code. */
export class Dictionary {
  readonly #codes: (Map<string, number> | undefined)[] = [new Map()];
  readonly #texts: string[] = [];
  #recent: RecentTexts | undefined;

  code(text: string): number {
    const first = this.#codes[0]!;
    const known = first.get(text);
    if (known !== undefined) return known;
    if (first.size < SMALL) return this.#add(first, text);
    const shard = shardOf(text);
    const codes = this.#codes[shard] ?? new Map<string, number>();
    this.#codes[shard] = codes;
    return codes.get(text) ?? this.#add(codes, text);
  }

  #add(codes: Map<string, number>, text: string): number {
    const code = this.#texts.length;
    if (code >= LARGE && (code & (code - 1)) === 0) guardHeap(code * BYTES_PER_TEXT);
    codes.set(text, code);
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
    const all = this.#texts;
    const order = yield* mergeSorted(
      new Int32Array(all.length).map((_, code) => code),
      (a, b) => all[a]! < all[b]!,
    );
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

/** One of the tables but the first, by the last characters. */
function shardOf(text: string): number {
  let hash = text.length;
  for (let at = Math.max(0, text.length - 8); at < text.length; at++)
    hash = Math.imul(hash, 31) + text.charCodeAt(at);
  return 1 + ((hash ^ (hash >>> 6) ^ (hash >>> 12)) & (SHARDS - 1));
}

export interface Ranked {
  readonly texts: readonly string[];
  readonly rankOf: Int32Array;
}

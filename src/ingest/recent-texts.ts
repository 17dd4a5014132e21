const SLOTS = 64;
/** Longer texts are not kept. */
const MAX_BYTES = 64;

/**
 * Codes of some texts that came lately, found by their bytes: most categories have few levels, and making a text of each cell to look
 * it up would take most of the time. A slot has the last text that fell into it, so a hostile choice of texts
 * saves nothing and costs little. Memory: some 4 KB.
 */
export class RecentTexts {
  readonly #bytes = new Uint8Array(SLOTS * MAX_BYTES);
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #codes = new Int32Array(SLOTS);
  /** Where the text looked for last belongs. */
  #slot = 0;

  /** The code of the text whose bytes stand from `start` to `end` (exclusive), -1 where it is not kept. No text is empty. */
  code(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length > MAX_BYTES) return -1;
    let hash = length;
    for (let at = start; at < end; at++) hash = Math.imul(hash, 31) + bytes[at]!;
    this.#slot = (hash ^ (hash >>> 6) ^ (hash >>> 12)) & (SLOTS - 1);
    if (this.#lengths[this.#slot] !== length) return -1;
    const kept = this.#bytes;
    const shift = this.#slot * MAX_BYTES - start;
    for (let at = start; at < end; at++) if (kept[at + shift] !== bytes[at]) return -1;
    return this.#codes[this.#slot]!;
  }

  /** Keeps the code of the text that was looked for last. */
  keep(bytes: Uint8Array, start: number, end: number, code: number): void {
    if (end - start > MAX_BYTES) return;
    this.#lengths[this.#slot] = end - start;
    this.#codes[this.#slot] = code;
    this.#bytes.set(bytes.subarray(start, end), this.#slot * MAX_BYTES);
  }
}

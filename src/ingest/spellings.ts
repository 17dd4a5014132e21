import { GrowableDoubles, GrowableTexts } from './growable.ts';

/** Texts of some rows of a column, appended in the order of the rows: those that the value of the cell does not tell. */
export class Spellings {
  readonly #rows = new GrowableDoubles();
  readonly #texts = new GrowableTexts();

  push(row: number, text: string): void {
    this.#rows.push(row);
    this.#texts.push(text);
  }

  /** Appends a text by its bytes, from `start` to `end` (exclusive). */
  pushBytes(row: number, bytes: Uint8Array, start: number, end: number): void {
    this.#rows.push(row);
    this.#texts.pushBytes(bytes, start, end);
  }

  /** For row after row, from the first to the last: its text, or undefined where it has none here. */
  lookup(): (row: number) => string | undefined {
    const rows = this.#rows.view;
    const texts = this.#texts[Symbol.iterator]();
    let at = 0;
    return (row) => {
      if (rows[at] !== row) return undefined;
      at++;
      return texts.next().value;
    };
  }
}

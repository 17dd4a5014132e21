import type { Slide } from '../../certify/free-columns.ts';
import { singleAt, singleOrder } from '../../kernel/single-order.ts';
import { encodedNumber, type NamedColumn } from './named-columns.ts';

/**
 * The values that a number passes on its way to an end of its interval, one step for each single-precision number
 * that it is encoded as: step 0 is encoded `slide.near`, the last step `slide.end`.
 */
export class NumberPath {
  /** The raw values of the first and the last step. */
  readonly near: number;
  readonly end: number;
  readonly steps: number;
  readonly #column: NamedColumn;
  readonly #from: number;
  readonly #direction: number;

  constructor(column: NamedColumn, own: number, slide: Slide) {
    const { least, most } = column.range!;
    this.near = Math.min(Math.max(own, least), most);
    this.end = slide.end === encodedNumber(column, least) ? least : most;
    this.#from = singleOrder(slide.near);
    const way = singleOrder(slide.end) - this.#from;
    this.steps = Math.abs(way);
    this.#direction = Math.sign(way);
    this.#column = column;
  }

  /** The first step whose encoded value does not satisfy `stands`, which no later step does; the last if all do. */
  firstNot(stands: (encoded: number) => boolean): number {
    let low = 0;
    let high = this.steps;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (stands(this.#encodedAt(middle))) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * The raw value nearest to the first that is encoded as that step, or as a later one where no value is encoded as
   * that. Encoding is monotone: a difference, a quotient and a rounding are.
   */
  valueAt(step: number): number {
    if (step === 0) return this.near;
    if (step === this.steps) return this.end;
    let reached = this.end;
    let before = this.near;
    const wanted = this.#encodedAt(step);
    for (;;) {
      const half = before / 2 + reached / 2; // the sum could overflow
      const middle = this.#column.single ? Math.fround(half) : half;
      if (middle === before || middle === reached) return reached;
      const beyond = this.#direction * (encodedNumber(this.#column, middle) - wanted) >= 0;
      if (beyond) reached = middle;
      else before = middle;
    }
  }

  #encodedAt(step: number): number {
    return singleAt(this.#from + this.#direction * step);
  }
}

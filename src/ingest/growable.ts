/** Doubles appended one at a time; doubles its memory as it grows. */
export class GrowableDoubles {
  #values = new Float64Array(1024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  get length(): number {
    return this.#length;
  }

  /** A view on what was appended so far; appending more may leave it behind. */
  get view(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }
}

/** Doubles appended one at a time; doubles its memory as it grows. */
export class GrowableDoubles {
  #values = new Float64Array(64);
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

const END = 0;

/** Texts without NUL characters, appended one at a time, kept as UTF-8: about as many bytes as they were sent in. */
export class GrowableTexts implements Iterable<string> {
  #bytes = Buffer.allocUnsafe(1024);
  #length = 0;

  push(text: string): void {
    this.#makeRoom(3 * text.length + 1);
    this.#length += this.#bytes.write(text, this.#length);
    this.#bytes[this.#length++] = END;
  }

  /** Appends the text whose bytes stand from `start` to `end` (exclusive). */
  pushBytes(bytes: Uint8Array, start: number, end: number): void {
    this.#makeRoom(end - start + 1);
    for (let at = start; at < end; at++) this.#bytes[this.#length++] = bytes[at]!;
    this.#bytes[this.#length++] = END;
  }

  /** All of them, in order. */
  *[Symbol.iterator](): Generator<string> {
    for (let start = 0; start < this.#length; ) {
      const end = this.#bytes.indexOf(END, start);
      yield this.#bytes.toString('utf8', start, end);
      start = end + 1;
    }
  }

  #makeRoom(most: number): void {
    if (this.#length + most <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * this.#bytes.length + most);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

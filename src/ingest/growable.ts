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

const END = '\0';

/**
 * Texts without NUL characters, appended one at a time, kept as UTF-8: about as many bytes as they were sent
 * in.
 */
export class GrowableTexts {
  #bytes = Buffer.alloc(1024);
  #length = 0;

  push(text: string): void {
    const most = 3 * text.length + 1;
    if (this.#length + most > this.#bytes.length) {
      const larger = Buffer.alloc(2 * this.#bytes.length + most);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#length += this.#bytes.write(text + END, this.#length);
  }

  /** All of them, in order. */
  toArray(): string[] {
    const texts = this.#bytes.toString('utf8', 0, this.#length).split(END);
    texts.pop(); // behind the last END
    return texts;
  }
}

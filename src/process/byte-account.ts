/**
 * Bytes that callers hold at a time, such as parts of bodies that cannot be parsed yet: `most` for all of them together, and
 * half of that for one, so that none takes the room of the others. Cost: a look-up.
 */
export class ByteAccount {
  readonly #most: number;
  readonly #held = new Map<string, number>();
  #total = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Bytes that are held now. */
  get total(): number {
    return this.#total;
  }

  /** Books so many bytes more; false where they would be too many, and nothing is booked then. */
  take(caller: string, bytes: number): boolean {
    const own = (this.#held.get(caller) ?? 0) + bytes;
    if (bytes > 0 && (this.#total + bytes > this.#most || own > this.#most / 2)) return false;
    this.#total += bytes;
    if (own > 0) this.#held.set(caller, own);
    else this.#held.delete(caller);
    return true;
  }

  release(caller: string, bytes: number): void {
    this.take(caller, -bytes);
  }
}

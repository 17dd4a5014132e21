import { Buffer } from 'node:buffer';
import { SuretyError } from '../errors.ts';
import { MAX_RECORD_LENGTH } from './text.ts';

const [QUOTE, COMMA, LINE_FEED, CARRIAGE_RETURN] = [0x22, 0x2c, 0x0a, 0x0d];

/** 1 for the bytes that mean something outside quotes. */
const SPECIAL = new Uint8Array(256);
for (const byte of [QUOTE, COMMA, LINE_FEED, CARRIAGE_RETURN]) SPECIAL[byte] = 1;

/** Where a cell under way is: not in quotes, in quotes, or behind a quote that may end it. */
const [PLAIN, QUOTED, BEHIND_QUOTE] = [0, 1, 2];

/**
 * Cuts CSV (RFC 4180, comma, any line ends) into records and cells as its bytes arrive, and leaves the cells where they stand: no
 * text is made. Empty lines are skipped. The cells of the records that `next` has found since the last `clear` are the bytes
 * from `starts[k]` to `ends[k]` (exclusive), k = 0, 1, .., record after record.
 *
 * Cost: a pass over the bytes, and a copy of them. Memory: what is added at once, and the longest record, at most some
 * MAX_RECORD_LENGTH.
 */
export class RecordScanner {
  readonly #most: number;
  bytes = Buffer.allocUnsafe(2 ** 17);
  starts = new Int32Array(1024);
  ends = new Int32Array(1024);
  /** Cells of the last record, also where they are more than are kept. */
  count = 0;
  /** Cells of the records before it. */
  #before = 0;
  #length = 0;
  /** Of the record and of the cell under way. */
  #record = 0;
  #cell = 0;
  #at = 0;
  #place = PLAIN;
  #hasEscapes = false;
  /** The last record is whole. */
  #isWhole = false;
  /** The last byte was a carriage return: a line feed belongs to it. */
  #mayEndTwice = false;
  #line = 1;

  /** `most`: cells of a record that are kept; the others are only counted. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The next bytes of the file; the records that `next` has found are cleared. */
  add(chunk: Uint8Array): void {
    this.clear();
    this.#moveToFront(this.#record);
    const length = this.#length + chunk.length;
    if (length > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.bytes.length));
      this.bytes.copy(larger, 0, 0, this.#length);
      this.bytes = larger;
    }
    this.bytes.set(chunk, this.#length);
    this.#length = length;
  }

  /**
   * Goes to the next record, and says whether there is a whole one. `isLast`: no more bytes will come. Throws invalid_csv, which names the line.
   */
  next(isLast: boolean): boolean {
    this.#beginRecord();
    const { bytes } = this;
    const length = this.#length;
    let at = this.#at;
    let place = this.#place;
    for (; at < length; at++) {
      if (place === PLAIN) {
        at = this.#plainCells(at);
        if (at === length) break;
      }
      const byte = bytes[at]!;
      if (place === PLAIN) {
        if (byte === COMMA) this.#endCell(at, at + 1);
        else if (byte === QUOTE) {
          if (at > this.#cell)
            throw this.#error('a quote stands inside a value that does not start with one');
          place = QUOTED;
        } else if (this.#endLine(at, byte)) return true;
      } else if (place === QUOTED) {
        if (byte === QUOTE) place = BEHIND_QUOTE;
        else if (byte === CARRIAGE_RETURN || (byte === LINE_FEED && bytes[at - 1] !== CARRIAGE_RETURN))
          this.#line++;
      } else if (byte === QUOTE) {
        place = QUOTED;
        this.#hasEscapes = true;
      } else if (byte === COMMA) {
        place = PLAIN;
        this.#endQuoted(at, at + 1);
      } else if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
        this.#endQuoted(at, at);
        this.#endRecord(at, byte);
        return true;
      } else throw this.#error('a closing quote is not followed by a comma or the end of the line');
    }
    this.#at = at;
    this.#place = place;
    this.#checkLength(at);
    if (!isLast) return false;
    if (place === QUOTED) throw this.#error('the file ends inside a quoted value');
    if (place === BEHIND_QUOTE) this.#endQuoted(at, at);
    else if (this.count > 0 || at > this.#cell) this.#endCell(at, at);
    else return false;
    this.#place = PLAIN;
    this.#isWhole = true;
    return true;
  }

  /** Forgets the records that `next` has found. */
  clear(): void {
    this.#beginRecord();
    for (let k = 0; k < Math.min(this.count, this.#most); k++) {
      this.starts[k] = this.starts[this.#before + k]!;
      this.ends[k] = this.ends[this.#before + k]!;
    }
    this.#before = 0;
  }

  /** The text of a cell. */
  text(cell: number): string {
    return this.bytes.toString('utf8', this.starts[cell], this.ends[cell]);
  }

  /** Ends the cells that only commas end, and gives the place of what follows: most of the time goes by here. */
  #plainCells(from: number): number {
    const { bytes, starts, ends } = this;
    const length = this.#length;
    const room = Math.min(starts.length - this.#before, this.#most);
    let at = from;
    let { count } = this;
    let cell = this.#cell;
    for (; at < length; at++) {
      const byte = bytes[at]!;
      if (SPECIAL[byte] === 0) continue;
      if (byte !== COMMA || count >= room) break;
      starts[this.#before + count] = cell;
      ends[this.#before + count++] = at;
      cell = at + 1;
    }
    if (count > this.count) this.#mayEndTwice = false;
    this.count = count;
    this.#cell = cell;
    return at;
  }

  /** Whether a record ends here, and not an empty line or the second byte of a line end. */
  #endLine(at: number, byte: number): boolean {
    if (this.count > 0 || at > this.#cell) {
      this.#endCell(at, at);
      this.#endRecord(at, byte);
      return true;
    }
    if (byte === CARRIAGE_RETURN || !this.#mayEndTwice) this.#line++;
    this.#mayEndTwice = byte === CARRIAGE_RETURN;
    this.#record = at + 1;
    this.#cell = at + 1;
    return false;
  }

  #endRecord(at: number, byte: number): void {
    this.#checkLength(at);
    this.#line++;
    this.#mayEndTwice = byte === CARRIAGE_RETURN;
    this.#isWhole = true;
    this.#at = at + 1;
    this.#place = PLAIN;
  }

  /** Begins the next record where the last one is whole. */
  #beginRecord(): void {
    if (!this.#isWhole) return;
    this.#isWhole = false;
    this.#record = this.#at;
    this.#cell = this.#at;
    this.#before += Math.min(this.count, this.#most);
    this.count = 0;
  }

  /** Ends the cell under way at `end`; the next one begins at `next`. */
  #endCell(end: number, next: number): void {
    const { count } = this;
    if (count < this.#most) {
      const k = this.#before + count;
      if (k === this.starts.length) this.#keepMore();
      this.starts[k] = this.#cell;
      this.ends[k] = end;
    }
    this.count = count + 1;
    this.#cell = next;
    this.#mayEndTwice = false;
  }

  /** As `endCell`, of a cell between quotes, the second of which is right before `end`. */
  #endQuoted(end: number, next: number): void {
    this.#cell++;
    const last = this.#hasEscapes ? this.#unescaped(this.#cell, end - 1) : end - 1;
    this.#hasEscapes = false;
    this.#endCell(last, next);
  }

  /** Writes one quote for two where they stand, and gives the new end. */
  #unescaped(start: number, end: number): number {
    const { bytes } = this;
    let to = start;
    for (let from = start; from < end; from++) {
      const byte = bytes[from]!;
      bytes[to++] = byte;
      if (byte === QUOTE) from++;
    }
    return to;
  }

  #keepMore(): void {
    for (const name of ['starts', 'ends'] as const) {
      const larger = new Int32Array(2 * this[name].length);
      larger.set(this[name]);
      this[name] = larger;
    }
  }

  /** Drops the bytes before the record under way. */
  #moveToFront(bytes: number): void {
    if (bytes === 0) return;
    this.bytes.copyWithin(0, bytes, this.#length);
    this.#length -= bytes;
    this.#record -= bytes;
    this.#cell -= bytes;
    this.#at -= bytes;
    for (let k = 0; k < Math.min(this.count, this.#most); k++) {
      this.starts[k]! -= bytes;
      this.ends[k]! -= bytes;
    }
  }

  #checkLength(at: number): void {
    if (at - this.#record > MAX_RECORD_LENGTH) {
      throw this.#error(`a record is longer than ${MAX_RECORD_LENGTH} characters`);
    }
  }

  /** Never quotes the file. */
  #error(problem: string): SuretyError {
    return new SuretyError('invalid_csv', `line ${this.#line}: ${problem}`);
  }
}

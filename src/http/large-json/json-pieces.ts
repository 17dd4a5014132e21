import { Buffer } from 'node:buffer';
import { SuretyError } from '../../errors.ts';
import { GrowingText } from './growing-text.ts';

/** A piece ends at the first comma after so many bytes; parsing it takes about half a millisecond. */
const PIECE_BYTES = 2 ** 16;

const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const [OPENING, CLOSING] = [Buffer.from('['), Buffer.from(']')];

/**
 * What cannot be cut is parsed in one step, and takes up to thirty times its bytes: an entry of an array that
 * no other holds, or all that lies outside such arrays, may have so many bytes (a list of a million rows fits).
 */
const MAX_STEP_BYTES = 2 ** 24;
/** Levels take time and memory, in one step: there may be as many as in the largest body that is parsed at once. */
const MAX_DEPTH = 2 ** 18;

/** Members of objects take most of the time: some 40 ms where all have other names. No record needs more. */
const MAX_STEP_MEMBERS = 2 ** 15;

/** 1 for the bytes that open or close something, or end a name. */
const BRACKETS = new Uint8Array(256);
for (const byte of [QUOTE, COLON, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT]) BRACKETS[byte] = 1;

/**
 * Parses JSON as its bytes arrive. What it gives is what `parse` gives of the whole text, and it refuses what
 * `parse` refuses. `parse` is JSON.parse, and may besides refuse objects with certain members.
 *
 * Each array that no other array holds is cut out and parsed some entries at a time, such a piece between
 * brackets of its own; in what is left, the frame, `[k]` stands for the k-th array. Brackets and commas are
 * told from those in strings as JSON tells them, so valid text falls into valid pieces and a valid frame. And
 * the other way round: in a valid frame each `[k]` is an array; pieces that are valid and not empty, joined
 * by commas, are the entries of an array too; one in place of the other leaves the text valid. (An array that
 * the wrong bracket closes, or none, spoils the frame; an entry left out spoils its piece.) All cuts are at
 * ASCII bytes outside strings, where UTF-8 can be cut.
 *
 * But it also refuses what would take too much to parse: values nested more than MAX_DEPTH, and what cannot be
 * cut and is longer than MAX_STEP_BYTES or has more than MAX_STEP_MEMBERS.
 *
 * Cost: a pass over the bytes, besides `parse`. A call takes no longer than its bytes, a piece and one entry
 * do; `finish` no longer than the frame. Memory: frame and piece, besides the result.
 */
export class JsonPieces {
  readonly #parse: (text: string) => unknown;
  readonly #pieceBytes: number;
  readonly #frame = new GrowingText();
  readonly #arrays: unknown[][] = [];
  /** Of arrays with objects that `parse` refuses, though they are JSON: what it throws. */
  readonly #refused = new Map<number, unknown>();
  /** The piece under way, its first bracket included. */
  readonly #piece = new GrowingText();
  /**
   * Of the array under way: how many brackets are open, its own included, and how many of its pieces are
   * done.
   */
  #depth = 0;
  #pieces = 0;
  /** Members of objects in the frame, and in the piece under way. */
  #frameMembers = 0;
  #pieceMembers = 0;
  /** How many brackets are open in all. */
  #open = 0;
  #inString = false;
  #escaped = false;
  #failure: { readonly error: unknown } | null = null;

  constructor(parse: (text: string) => unknown, pieceBytes = PIECE_BYTES) {
    this.#parse = parse;
    this.#pieceBytes = pieceBytes;
  }

  /** The next bytes of the text. Never throws: what is wrong with them waits for the end. */
  add(chunk: Buffer): void {
    if (this.#failure !== null) return;
    try {
      this.#scan(chunk);
    } catch (error) {
      this.#failure = { error };
      this.#arrays.length = 0;
    }
  }

  /** Bytes of memory outside the heap that hold what is not parsed yet. */
  get held(): number {
    return this.#frame.capacity + this.#piece.capacity;
  }

  /** Bytes of the heap that the array under way takes at once when it next grows: half as much again as it has. */
  get growth(): number {
    return 12 * (this.#arrays.at(-1)?.length ?? 0);
  }

  /** The value of the text. Throws what `parse` throws. */
  finish(): unknown {
    if (this.#failure !== null) throw this.#failure.error;
    return this.#filled(this.#parse(this.#frame.take()));
  }

  #scan(chunk: Buffer): void {
    let begin = 0; // of the bytes that neither the frame nor a piece has yet
    let due = this.#pieceBytes - this.#piece.length; // no comma ends the piece before
    let depth = this.#depth;
    let inString = this.#inString;
    let escaped = this.#escaped;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (BRACKETS[byte] === 0 && (at < due || byte !== COMMA || depth !== 1)) continue;
      if (byte === COLON) {
        this.#countMember(depth);
        continue;
      }
      if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) this.#goDeeper();
      else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) this.#open = Math.max(0, this.#open - 1);
      if (byte === QUOTE) inString = true;
      else if (byte === COMMA) {
        this.#endPiece(chunk.subarray(begin, at), false);
        begin = at + 1;
        due = begin + this.#pieceBytes;
      } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        if (depth > 0) depth++;
        else if (byte === OPEN_ARRAY) {
          depth = 1;
          this.#beginArray(chunk.subarray(begin, at + 1));
          begin = at + 1;
          due = begin + this.#pieceBytes;
        }
      } else if (depth > 0 && --depth === 0) {
        this.#endPiece(chunk.subarray(begin, at), true);
        begin = at; // the bracket is the frame's, right or wrong
      }
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
    const text = depth === 0 ? this.#frame : this.#piece;
    text.append(chunk.subarray(begin));
    if (text.length > MAX_STEP_BYTES) {
      const detail = `A single value in the body may have at most ${MAX_STEP_BYTES} bytes`;
      throw new SuretyError('body_too_large', detail);
    }
  }

  #countMember(depth: number): void {
    if ((depth === 0 ? ++this.#frameMembers : ++this.#pieceMembers) <= MAX_STEP_MEMBERS) return;
    const detail = `A single value in the body may have at most ${MAX_STEP_MEMBERS} members`;
    throw new SuretyError('body_too_large', detail);
  }

  #goDeeper(): void {
    if (++this.#open > MAX_DEPTH) {
      throw new SuretyError('invalid_request', `body: values are nested more than ${MAX_DEPTH} deep`);
    }
  }

  #beginArray(before: Buffer): void {
    this.#frame.append(before);
    this.#frame.append(Buffer.from(String(this.#arrays.length)));
    this.#arrays.push([]);
    this.#pieces = 0;
    this.#piece.append(OPENING);
  }

  #endPiece(end: Buffer, last: boolean): void {
    this.#piece.append(end);
    this.#piece.append(CLOSING);
    this.#pieceMembers = 0;
    const entries = this.#entriesOf(this.#piece.take());
    // An array may be empty; otherwise there is an entry on each side of a comma. JSON words this best.
    if (entries.length === 0 && !(last && this.#pieces === 0)) this.#parse('[,]');
    const array = this.#arrays.at(-1)!;
    for (const entry of entries) array.push(entry);
    this.#pieces++;
    if (!last) this.#piece.append(OPENING);
  }

  #entriesOf(piece: string): unknown[] {
    try {
      return this.#parse(piece) as unknown[];
    } catch (error) {
      if (error instanceof SuretyError) throw error; // not about the JSON
      const entries: unknown[] = JSON.parse(piece); // throws where `parse` did because it is not JSON
      // Not an error yet: it is none where a later member of the same name replaces the array.
      this.#refused.set(this.#arrays.length - 1, error);
      return entries;
    }
  }

  /** The frame with the arrays in their places. However deep it is, this is not recursive. */
  #filled(frame: unknown): unknown {
    const root = { frame };
    const open: Record<string, unknown>[] = [root];
    for (let object = open.pop(); object !== undefined; object = open.pop()) {
      for (const [name, value] of Object.entries(object)) {
        if (Array.isArray(value)) object[name] = this.#array(value[0]);
        else if (typeof value === 'object' && value !== null) open.push(value as Record<string, unknown>);
      }
    }
    return root.frame;
  }

  #array(k: number): unknown[] {
    if (this.#refused.has(k)) throw this.#refused.get(k);
    return this.#arrays[k]!;
  }
}

import { SuretyError, typeName } from '../errors.ts';
import type { ColumnType, RawColumn } from '../features/column.ts';
import { DecimalReader } from './decimal.ts';
import { Dictionary } from './dictionary.ts';
import { GrowableDoubles } from './growable.ts';
import { Spellings } from './spellings.ts';
import type { TextCells } from './text-cells.ts';

/**
 * Where cells come from: `text` cells are strings; `json` cells have JSON types. Null and '' are missing
 * values.
 */
export type CellSource = 'text' | 'json';

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const NON_FINITE = /^\s*[+-]?(nan|inf|infinity)\s*$/i;
const decimals = new DecimalReader();

/** Rows between two chances to give others a turn. */
const STEP = 2 ** 14;

/**
 * Collects the cells of one column and finds its type: declared, or inferred from the cells.
 *
 * JSON cells bring their type with them, and the first one decides. Text is a number column when every cell
 * that is not missing reads as a decimal number, a boolean column when every cell is true or false, else a
 * category. Numbers take 8 bytes a cell; those that are spelt otherwise than String would spell them
 * their text besides, until a column of text is finished; levels are stored once each.
 */
export class ColumnBuilder {
  readonly name: string;
  readonly warnings: string[] = [];
  readonly #source: CellSource;
  readonly #declared: ColumnType | undefined;
  readonly #ignored: boolean;
  /** Numbers (booleans as 0 and 1; one zero: -0 and 0 are the same content) or dictionary codes, NaN where missing. */
  readonly #values = new GrowableDoubles();
  #type: ColumnType | undefined;
  #dictionary: Dictionary | undefined;
  /** Rows from the first on that have numbers, though the column has become a category: levels are made of them at the end. */
  #numbers = 0;
  #numbersAreBooleans = false;
  /** Of cells of text that read as numbers, in case a later cell makes them levels: what their value does not tell. */
  #spellings: Spellings | undefined;
  #nonFiniteRow: number | undefined;

  /**
   * `ignored`: the column is no feature, so cells that fit no type make it a category instead of an error.
   */
  constructor(name: string, source: CellSource, declared?: ColumnType, ignored = false) {
    this.name = name;
    this.#source = source;
    this.#declared = declared;
    this.#ignored = ignored;
    this.#type = declared;
    if (declared === 'category') this.#dictionary = new Dictionary();
  }

  /** Appends the cell of the next row. Throws a SuretyError naming row and column when it does not fit. */
  add(cell: unknown): void {
    if (cell === null || (cell === '' && this.#source === 'text')) {
      this.#values.push(Number.NaN);
    } else if (this.#source === 'text') this.#addText(cell as string);
    else this.#addJson(cell);
  }

  /** Appends cells of text: the first one is cell `first`, and each is `stride` behind the one before. */
  addText(cells: TextCells, first: number, stride: number, count: number): void {
    const { bytes, starts, ends } = cells;
    for (let k = 0; k < count; k++) {
      if (this.#dictionary === undefined && this.#declared !== 'boolean')
        k += this.#addNumbers(cells, first + k * stride, stride, count - k);
      if (k === count) return;
      const [start, end] = [starts[first + k * stride]!, ends[first + k * stride]!];
      if (this.#dictionary === undefined || start === end) this.add(bytes.toString('utf8', start, end));
      else this.#values.push(this.#dictionary.codeOfBytes(bytes, start, end));
    }
  }

  get length(): number {
    return this.#values.length;
  }

  /** The column, in steps: there may be a million levels. Throws a SuretyError when a number is not finite. */
  *finish(): Generator<void, RawColumn> {
    if (this.#nonFiniteRow !== undefined && this.#dictionary === undefined) {
      if (this.#ignored && this.#declared === undefined) this.#becomeCategory();
      else throw this.#error('not_finite', 'expected a finite number', this.#nonFiniteRow);
    }
    const { name } = this;
    const dictionary = this.#dictionary;
    const values = this.#values.view;
    if (dictionary === undefined) {
      const type = this.#type === 'boolean' ? 'boolean' : 'number';
      return { name, type, values: values.slice() };
    }
    yield* this.#makeLevels(dictionary, values);
    const { texts, rankOf } = yield* dictionary.ranked();
    if (this.#declared === undefined && this.#source === 'text' && texts.every(isBoolean)) {
      const meaning = dictionary.texts.map((text) => Number(text.toLowerCase() === 'true'));
      return { name, type: 'boolean', values: values.map((code) => meaning[code] ?? Number.NaN) };
    }
    const codes = new Int32Array(values.length);
    for (let row = 0; row < codes.length; row++) {
      if (row % STEP === 0) yield;
      const code = values[row]!;
      codes[row] = Number.isNaN(code) ? -1 : rankOf[code]!;
    }
    return { name, type: 'category', levels: texts, codes };
  }

  /** Appends decimals up to the first cell that is none, or none that is easily read, and gives their number. */
  #addNumbers({ bytes, starts, ends }: TextCells, first: number, stride: number, count: number): number {
    const values = this.#values;
    const mayBeLevels = this.#declared === undefined;
    for (let k = 0, at = first; k < count; k++, at += stride) {
      const [start, end] = [starts[at]!, ends[at]!];
      const value = decimals.read(bytes, start, end);
      if (Number.isNaN(value)) return k;
      if (mayBeLevels && !decimals.isShortest) {
        this.#spellings ??= new Spellings();
        this.#spellings.pushBytes(values.length, bytes, start, end);
      }
      values.push(value + 0);
    }
    return count;
  }

  #addJson(cell: unknown): void {
    const kind = typeof cell;
    if (kind !== 'number' && kind !== 'string' && kind !== 'boolean') {
      const got = typeName(cell);
      throw this.#error('wrong_type', `expected a string, a number, a boolean or null, got ${got}`);
    }
    if (kind === 'number' && !Number.isFinite(cell)) {
      throw this.#error('not_finite', 'expected a finite number');
    }
    const type = kind === 'string' ? 'category' : (kind as ColumnType);
    this.#type ??= type;
    if (type !== this.#type && this.#declared === undefined && this.#ignored) this.#mixesTypes();
    if (type !== this.#type && !(this.#type === 'category' && (this.#declared || this.#ignored))) {
      throw this.#mixed(cell);
    }
    if (this.#type === 'category') {
      this.#dictionary ??= new Dictionary();
      this.#values.push(cell === '' ? Number.NaN : this.#dictionary.code(String(cell)));
    } else this.#values.push(Number(cell) + 0);
  }

  /** An ignored column of JSON cells that mixes types becomes a category, whatever it was. */
  #mixesTypes(): void {
    if (this.#type === 'category') return;
    this.#numbersAreBooleans = this.#type === 'boolean';
    this.#becomeCategory();
    this.#type = 'category';
  }

  #addText(text: string): void {
    if (this.#declared === 'boolean') {
      if (!isBoolean(text)) throw this.#error('wrong_type', 'expected true or false, got other text');
      this.#values.push(Number(text.toLowerCase() === 'true'));
      return;
    }
    if (this.#dictionary !== undefined) {
      this.#values.push(this.#dictionary.code(text));
      return;
    }
    const isNumber = NUMBER.test(text);
    if (isNumber || NON_FINITE.test(text)) {
      const value = isNumber ? Number(text) : Number.NaN;
      if (!Number.isFinite(value)) this.#nonFiniteRow ??= this.#values.length;
      if (this.#declared === undefined && (text !== String(value) || Number.isNaN(value))) {
        this.#spellings ??= new Spellings();
        this.#spellings.push(this.#values.length, text);
      }
      this.#values.push(value + 0);
      return;
    }
    if (this.#declared === 'number') throw this.#error('wrong_type', 'expected a number, got other text');
    this.#values.push(this.#becomeCategory().code(text));
  }

  /** From the next cell on; numbers so far become levels at the end, which takes time where there are many. */
  #becomeCategory(): Dictionary {
    this.#numbers = this.#values.length;
    this.#dictionary = new Dictionary();
    return this.#dictionary;
  }

  /** Makes levels of the cells that were read as numbers before the column became a category. */
  *#makeLevels(dictionary: Dictionary, values: Float64Array): Generator<void> {
    const spelling = this.#spellings?.lookup();
    let numbers = 0;
    for (let row = 0; row < this.#numbers; row++) {
      if (row % STEP === 0) yield;
      const value = values[row]!;
      const text = spelling?.(row) ?? (Number.isNaN(value) ? undefined : this.#textOf(value));
      if (text === undefined) continue;
      values[row] = dictionary.code(text);
      numbers++;
    }
    if (numbers > 0 && !this.#ignored) {
      this.warnings.push(
        `column '${this.name}' is read as a category: row ${this.#numbers} is the first that is not a number`,
      );
    }
  }

  #textOf(value: number): string {
    return String(this.#numbersAreBooleans ? value === 1 : value);
  }

  #mixed(cell: unknown): SuretyError {
    const expected = this.#type === 'category' ? 'string' : this.#type;
    const advice =
      this.#declared === undefined ? ' as in the rows before; or declare its type in columnTypes' : '';
    return this.#error('wrong_type', `expected a ${expected}${advice}, got ${typeName(cell)}`);
  }

  #error(code: 'wrong_type' | 'not_finite', detail: string, row = this.#values.length): SuretyError {
    return new SuretyError(code, `row ${row}, column '${this.name}': ${detail}`);
  }
}

function isBoolean(text: string): boolean {
  return /^(true|false)$/i.test(text);
}

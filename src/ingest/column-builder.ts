import { SuretyError, typeName } from '../errors.ts';
import type { ColumnType, RawColumn } from '../features/column.ts';
import { Dictionary } from './dictionary.ts';
import { GrowableDoubles, GrowableTexts } from './growable.ts';

/**
 * Where cells come from: `text` cells are strings; `json` cells have JSON types. Null and '' are missing
 * values.
 */
export type CellSource = 'text' | 'json';

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const NON_FINITE = /^\s*[+-]?(nan|inf|infinity)\s*$/i;

/**
 * Collects the cells of one column and finds its type: declared, or inferred from the cells.
 *
 * JSON cells bring their type with them, and the first one decides. Text is a number column when every cell
 * that is not missing reads as a decimal number, a boolean column when every cell is true or false, else a
 * category. Numbers take 8 bytes a cell, and their text besides until a column of text is
 * finished; levels are stored once each.
 */
export class ColumnBuilder {
  readonly name: string;
  readonly warnings: string[] = [];
  readonly #source: CellSource;
  readonly #declared: ColumnType | undefined;
  readonly #ignored: boolean;
  /** Numbers (booleans as 0 and 1) or dictionary codes, NaN where missing. */
  readonly #values = new GrowableDoubles();
  #type: ColumnType | undefined;
  #dictionary: Dictionary | undefined;
  /** The cells of text that reads as numbers, as they were spelt, in case a later cell makes them levels. */
  #spellings: GrowableTexts | undefined;
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
    if (declared === undefined && source === 'text') this.#spellings = new GrowableTexts();
  }

  /** Appends the cell of the next row. Throws a SuretyError naming row and column when it does not fit. */
  add(cell: unknown): void {
    if (cell === null || (cell === '' && this.#source === 'text')) {
      this.#values.push(Number.NaN);
      this.#spellings?.push('');
    } else if (this.#source === 'text') this.#addText(cell as string);
    else this.#addJson(cell);
  }

  finish(): RawColumn {
    if (this.#nonFiniteRow !== undefined && this.#dictionary === undefined) {
      if (this.#ignored && this.#spellings !== undefined) this.#becomeCategory(this.#spellings.toArray());
      else throw this.#error('not_finite', 'expected a finite number', this.#nonFiniteRow);
    }
    const { name } = this;
    const values = this.#values.view;
    if (this.#dictionary === undefined) {
      const type = this.#type === 'boolean' ? 'boolean' : 'number';
      return { name, type, values: values.map((value) => value + 0) }; // one zero: -0 and 0 are the same content
    }
    const { texts, rankOf } = this.#dictionary.ranked();
    if (this.#declared === undefined && this.#source === 'text' && texts.every(isBoolean)) {
      const meaning = this.#dictionary.texts.map((text) => Number(text.toLowerCase() === 'true'));
      return { name, type: 'boolean', values: values.map((code) => meaning[code] ?? Number.NaN) };
    }
    const codes = Int32Array.from(values, (code) => (Number.isNaN(code) ? -1 : rankOf[code]!));
    return { name, type: 'category', levels: texts, codes };
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
    } else this.#values.push(Number(cell));
  }

  /** An ignored column of JSON cells that mixes types becomes a category, whatever it was. */
  #mixesTypes(): void {
    if (this.#type === 'category') return;
    const isBoolean = this.#type === 'boolean';
    const text = (value: number) => String(isBoolean ? value === 1 : value);
    this.#becomeCategory(Array.from(this.#values.view, (value) => (Number.isNaN(value) ? '' : text(value))));
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
      this.#spellings?.push(text);
      this.#values.push(value);
      return;
    }
    if (this.#declared === 'number') throw this.#error('wrong_type', 'expected a number, got other text');
    this.#becomeCategory(this.#spellings!.toArray());
    this.#values.push(this.#dictionary!.code(text));
  }

  /** Makes levels of the cells so far, given as texts, '' where missing. */
  #becomeCategory(texts: readonly string[]): void {
    const dictionary = new Dictionary();
    const values = this.#values.view;
    let numbers = 0;
    for (const [row, text] of texts.entries()) {
      if (text === '') continue;
      values[row] = dictionary.code(text);
      numbers++;
    }
    if (numbers > 0 && !this.#ignored) {
      this.warnings.push(
        `column '${this.name}' is read as a category: row ${values.length} is the first that is not a number`,
      );
    }
    this.#spellings = undefined;
    this.#dictionary = dictionary;
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

import { SuretyError, typeName } from '../errors.ts';
import { Dictionary } from './dictionary.ts';
import { GrowableDoubles } from './growable.ts';
import { isName, NAME_RULE } from './name.ts';
import type { TextCells } from './text-cells.ts';

/** The labels of a training set: class numbers into `classes`, the class list in its order. */
export interface Labels {
  readonly classes: readonly string[];
  readonly codes: Int32Array;
}

const MAX_CLASSES = 1000;
/** Rows between two chances to give others a turn. */
const STEP = 2 ** 14;

/** Collects labels. Numbers and booleans are named by their text. */
export class LabelBuilder {
  readonly #declared: readonly string[] | undefined;
  readonly #known: ReadonlySet<string> | undefined;
  readonly #dictionary = new Dictionary();
  readonly #codes = new GrowableDoubles();

  /** `classes`: the class list in its order; by default the labels seen, sorted by UTF-16 code units. */
  constructor(classes?: readonly string[]) {
    if (classes !== undefined) checkCount(classes.length);
    const misnamed = classes?.findIndex((name) => !isName(name)) ?? -1;
    if (misnamed >= 0)
      throw new SuretyError('invalid_name', `classes: entry ${misnamed} is not of ${NAME_RULE}`);
    this.#declared = classes;
    this.#known = classes && new Set(classes);
  }

  get length(): number {
    return this.#codes.length;
  }

  /** Appends labels of text: the first one is cell `first`, and each is `stride` behind the one before. */
  addText({ bytes, starts, ends }: TextCells, first: number, stride: number, count: number): void {
    for (let [left, at] = [count, first]; left > 0; left--, at += stride)
      this.add(bytes.toString('utf8', starts[at], ends[at]));
  }

  add(cell: unknown): void {
    const row = this.#codes.length;
    if (cell === null || cell === undefined || cell === '') {
      throw new SuretyError(
        'missing_label',
        `row ${row}: expected a label, got ${cell === '' ? 'an empty one' : 'none'}`,
      );
    }
    if (typeof cell !== 'string' && typeof cell !== 'boolean' && !Number.isFinite(cell)) {
      throw new SuretyError(
        'wrong_type',
        `row ${row}: expected a label (a string, number or boolean), got ${typeName(cell)}`,
      );
    }
    const name = String(cell);
    if (this.#known && !this.#known.has(name)) {
      throw new SuretyError('unknown_label', `row ${row}: the label is not one of the listed classes`);
    }
    if (!isName(name)) {
      throw new SuretyError('invalid_name', `row ${row}: expected a label of ${NAME_RULE}`);
    }
    this.#codes.push(this.#dictionary.code(name));
  }

  /** In steps: there may be a million labels. */
  *finish(): Generator<void, Labels> {
    checkCount(this.#dictionary.texts.length);
    const { texts: classes, rankOf } = this.#declared
      ? this.#dictionary.rankedAs(this.#declared)
      : yield* this.#dictionary.ranked();
    const labels = this.#codes.view;
    const codes = new Int32Array(labels.length);
    const present = new Uint8Array(classes.length);
    for (let row = 0; row < codes.length; row++) {
      if (row % STEP === 0) yield;
      const code = rankOf[labels[row]!]!;
      codes[row] = code;
      present[code] = 1;
    }
    const empty = present.indexOf(0);
    if (empty >= 0)
      throw new SuretyError('class_without_rows', `class '${classes[empty]}' is listed and has no rows`);
    if (classes.length < 2) {
      throw new SuretyError('one_class', 'expected at least two classes among the labels, got one');
    }
    return { classes, codes };
  }
}

function checkCount(classes: number): void {
  if (classes <= MAX_CLASSES) return;
  throw new SuretyError(
    'invalid_settings',
    `the target has ${classes} classes; at most ${MAX_CLASSES} are supported`,
  );
}

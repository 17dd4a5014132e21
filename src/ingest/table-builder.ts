import { SuretyError } from '../errors.ts';
import type { ColumnType, RawColumn } from '../features/column.ts';
import { guardHeap } from '../process/heap-guard.ts';
import { inSteps, takingTurns } from '../process/taking-turns.ts';
import { type CellSource, ColumnBuilder } from './column-builder.ts';
import { checkColumnLimit, checkRowLimit, type Dataset, type DatasetLimits } from './dataset.ts';
import { LabelBuilder } from './label-builder.ts';
import { isName, NAME_RULE } from './name.ts';
import type { TextCells } from './text-cells.ts';

/** What a registration says about its table. */
export interface TableOptions {
  readonly target: string;
  readonly classes?: readonly string[] | undefined;
  readonly columnTypes?: Readonly<Record<string, ColumnType>> | undefined;
  readonly ignore?: readonly string[] | undefined;
}

/** Cells that are added between two looks at the heap: most take nothing of it, at worst some 100 bytes each. */
const CELLS_PER_LOOK = 2 ** 16;
/** Cells of one column between two chances to give others a turn. */
const CELLS_PER_STEP = 2 ** 12;

/** Collects the rows of a table, one at a time, into typed columns and labels. Rows are counted from 0. */
export class TableBuilder {
  readonly #names: readonly string[];
  readonly #options: TableOptions;
  readonly #limits: DatasetLimits;
  readonly #columns: (ColumnBuilder | null)[];
  readonly #labels: LabelBuilder;
  #cells = 0;

  constructor(names: readonly string[], source: CellSource, options: TableOptions, limits: DatasetLimits) {
    checkColumnLimit(names.length - 1, limits); // each takes some memory before its first cell
    checkNames(names, options);
    this.#names = names;
    this.#options = options;
    this.#limits = limits;
    const types = new Map(Object.entries(options.columnTypes ?? {}));
    const ignored = new Set(options.ignore);
    this.#columns = names.map((name) =>
      name === options.target ? null : new ColumnBuilder(name, source, types.get(name), ignored.has(name)),
    );
    this.#labels = new LabelBuilder(options.classes);
  }

  /** Appends a row whose cells are in the order of the columns. */
  addRow(cells: readonly unknown[]): void {
    this.checkWidth(cells.length);
    checkRowLimit(this.#rows + 1, this.#limits);
    this.#count(cells.length);
    for (let c = 0; c < cells.length; c++) (this.#columns[c] ?? this.#labels).add(cells[c]);
  }

  /** Throws unless so many values are a row. `after`: rows that are still to be appended before it. */
  checkWidth(values: number, after = 0): void {
    if (values === this.#names.length) return;
    throw new SuretyError(
      'row_length',
      `row ${this.#rows + after}: expected ${this.#names.length} values, got ${values}`,
    );
  }

  /**
   * Appends rows of text whose cells stand in bytes, row after row: column by column, since what belongs to a column is then at hand. Of
   * several misfits the one in the first row counts, as if rows were appended one by one.
   */
  addTextRows(cells: TextCells, rows: number): void {
    const width = this.#names.length;
    const before = this.#rows;
    let fitting = Math.min(rows, this.#limits.rows - before);
    let refusal: unknown;
    for (let c = 0; c < width; c++) {
      const builder = this.#columns[c] ?? this.#labels;
      try {
        builder.addText(cells, c, width, fitting);
      } catch (error) {
        refusal = error;
        fitting = builder.length - before;
      }
    }
    if (refusal !== undefined) throw refusal;
    checkRowLimit(before + rows, this.#limits);
    this.#count(rows * width);
  }

  /**
   * Appends cells to one column (numbered from 0), for formats that store columns one after the other. In the
   * end every column must have as many cells; the caller has checked the limits. In steps.
   */
  *addCells(column: number, cells: Iterable<unknown>): Generator<void, void> {
    const builder = this.#columns[column] ?? this.#labels;
    for (const cell of cells) {
      if (builder.length % CELLS_PER_STEP === 0) yield;
      this.#count(1);
      builder.add(cell);
    }
  }

  #count(cells: number): void {
    this.#cells += cells;
    if (this.#cells < CELLS_PER_LOOK) return;
    this.#cells = 0;
    guardHeap();
  }

  /** Appends a row given as a record with exactly the table's columns, null where a value is missing. */
  addRecord(record: object): void {
    const values = new Map<string, unknown>(Object.entries(record));
    const cells = this.#names.map((name) => {
      if (!values.has(name)) {
        throw new SuretyError(
          'missing_column',
          `row ${this.#rows} has no column '${name}'; write null for a missing value`,
        );
      }
      return values.get(name);
    });
    if (values.size > cells.length) {
      const known = new Set(this.#names);
      const extra = [...values.keys()].find((name) => !known.has(name))!;
      throw new SuretyError(
        'unknown_column',
        `row ${this.#rows} has a column '${extra.slice(0, 100)}' that the first row lacks`,
      );
    }
    this.addRow(cells);
  }

  /** Every row has a label. */
  get #rows(): number {
    return this.#labels.length;
  }

  /** In turns. */
  async finish(): Promise<Dataset> {
    if (this.#rows === 0)
      throw new SuretyError('no_rows', 'expected at least one row below the header, got none');
    const builders = this.#columns.filter((column) => column !== null);
    const turn = takingTurns();
    const columns: RawColumn[] = [];
    for (const builder of builders) {
      columns.push(await inSteps(builder.finish(), turn));
      await turn();
    }
    return {
      data: { kind: 'table', rows: this.#rows, columns },
      labels: await inSteps(this.#labels.finish(), turn),
      target: this.#options.target,
      ignored: this.#options.ignore ?? [],
      declared: {
        columnTypes: Object.keys(this.#options.columnTypes ?? {}),
        classes: this.#options.classes !== undefined,
      },
      warnings: builders.flatMap(({ warnings }) => warnings),
    };
  }
}

function checkNames(names: readonly string[], options: TableOptions): void {
  const seen = new Set<string>();
  // Positions (from 0), not names: in a file without a header line the "names" are an applicant's values.
  for (const [index, name] of names.entries()) {
    if (!isName(name)) {
      throw new SuretyError('invalid_name', `column number ${index}: expected a name of ${NAME_RULE}`);
    }
    if (seen.has(name)) {
      const first = names.indexOf(name);
      throw new SuretyError('duplicate_column', `columns number ${first} and ${index} have the same name`);
    }
    seen.add(name);
  }
  if (!seen.has(options.target)) {
    const hint = names.length === 1 ? '; it has only one column: is the separator a comma?' : '';
    throw new SuretyError('unknown_column', `target: the table has no column '${options.target}'${hint}`);
  }
  for (const name of options.ignore ?? []) {
    if (!seen.has(name)) throw new SuretyError('unknown_column', `ignore: the table has no column '${name}'`);
    if (name === options.target) throw new SuretyError('unknown_column', `ignore: '${name}' is the target`);
  }
  for (const name of Object.keys(options.columnTypes ?? {})) {
    if (!seen.has(name))
      throw new SuretyError('unknown_column', `columnTypes: the table has no column '${name}'`);
    if (name === options.target)
      throw new SuretyError(
        'unknown_column',
        `columnTypes: '${name}' is the target, which is always a class`,
      );
  }
}

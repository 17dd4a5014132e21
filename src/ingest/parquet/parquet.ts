import { SuretyError } from '../../errors.ts';
import { inSteps, takingTurns } from '../../process/taking-turns.ts';
import { checkRowLimit, type Dataset, type DatasetLimits } from '../dataset.ts';
import { TableBuilder, type TableOptions } from '../table-builder.ts';
import { invalidParquet } from './byte-reader.ts';
import { type CellReader, cellReader } from './cells.ts';
import type { Spend } from './decompress.ts';
import { type Footer, type ParquetColumn, readFooter } from './footer.ts';
import { type Page, readPages } from './pages.ts';

/** Bytes that all pages of a file may unpack to: as many as 250 million numbers take. */
const MAX_UNPACKED = 2 ** 31;
const TOO_LARGE = `the file unpacks to more than ${MAX_UNPACKED} bytes`;
/** Bytes of all texts, those of a dictionary once: they stay in memory until the table is there. */
const MAX_TEXT = 2 ** 29;

/**
 * Reads a Parquet file. Its directory stands at its end, so it is buffered as it arrives; then the limits are
 * checked by what the directory says, and the columns are read one after the other, page by page. Types,
 * missing values and messages are those of JSON. Memory: the file, twice for a moment, one page with its
 * dictionary, and the table. Throws a SuretyError that names the column, and the row where there is one.
 */
export async function datasetFromParquet(
  bytes: AsyncIterable<Uint8Array>,
  options: TableOptions,
  limits: DatasetLimits,
): Promise<Dataset> {
  const file = await buffered(bytes);
  const footer = readFooter(file);
  checkRowLimit(footer.rows, limits);
  const names = footer.columns.map(({ name }) => name);
  const table = new TableBuilder(names, 'json', options, limits);
  const ignored = new Set(options.ignore);
  const spendText = allowance(MAX_TEXT, `the texts of the file take more than ${MAX_TEXT} bytes`);
  const readers = footer.columns.map((column) => cellReader(column, ignored.has(column.name), spendText));
  checkSize(footer, limits);
  const spend = allowance(MAX_UNPACKED, TOO_LARGE);
  const turn = takingTurns();
  for (const [index, column] of footer.columns.entries()) {
    let row = 0;
    const read = remembering(readers[index]!);
    for (const page of pagesOf(file, footer, column, spend)) {
      await inSteps(table.addCells(index, cellsOf(page, read, row)), turn);
      row += page.rows;
      await turn();
    }
  }
  return table.finish();
}

async function buffered(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Few bytes can say that they are many values: such a file is refused before anything is unpacked. */
function checkSize({ rows, columns, rowGroups }: Footer, limits: DatasetLimits): void {
  const cells = rows * (columns.length - 1);
  if (cells > limits.cells) {
    throw new SuretyError(
      'too_many_cells',
      `${rows} rows x ${columns.length - 1} columns are ${cells} values, at most ${limits.cells} are accepted (SURETY_MAX_CELLS)`,
    );
  }
  let unpacked = 0;
  for (const group of rowGroups) {
    if (group.rows > 0) for (const column of columns) unpacked += group.chunkOf(column).unpackedBytes;
  }
  if (unpacked > MAX_UNPACKED) throw invalidParquet(TOO_LARGE);
}

function allowance(most: number, problem: string): Spend {
  let spent = 0;
  return (bytes) => {
    spent += bytes;
    if (spent > most) throw invalidParquet(problem);
  };
}

function* pagesOf(
  file: Uint8Array,
  { rowGroups }: Footer,
  column: ParquetColumn,
  spend: Spend,
): Generator<Page> {
  for (const group of rowGroups) {
    if (group.rows > 0) yield* readPages(file, column, group.chunkOf(column), group.rows, spend);
  }
}

/** The cells of a page, null where a value is missing. */
function* cellsOf(page: Page, read: DictionaryReader, firstRow: number): Generator<unknown> {
  const { rows, present, values, dictionary } = page;
  for (let i = 0, at = 0; i < rows; i++) {
    if (present !== undefined && present[i] === 0) yield null;
    else yield read(values[at++], firstRow + i, dictionary);
  }
}

type DictionaryReader = (stored: unknown, row: number, dictionary: Page['dictionary']) => unknown;

/** Reads each entry of a dictionary once: a long text may stand in many rows. */
function remembering(read: CellReader): DictionaryReader {
  let known: unknown[] = [];
  let of: Page['dictionary'];
  return (stored, row, dictionary) => {
    if (dictionary === undefined) return read(stored, row);
    if (dictionary !== of) {
      known = new Array(dictionary.length);
      of = dictionary;
    }
    const entry = stored as number;
    if (known[entry] === undefined) known[entry] = read(dictionary[entry], row);
    return known[entry];
  };
}

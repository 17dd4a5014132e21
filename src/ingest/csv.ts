import { Readable } from 'node:stream';
import { CsvError, type Parser, parse } from 'csv-parse';
import { SuretyError } from '../errors.ts';
import type { Dataset, DatasetLimits } from './dataset.ts';
import { TableBuilder, type TableOptions } from './table-builder.ts';
import { decodeUtf8, MAX_RECORD_LENGTH } from './text.ts';

const TOO_LONG = `a record is longer than ${MAX_RECORD_LENGTH} characters`;

/**
 * Reads a CSV file (RFC 4180, comma, a header line, UTF-8) row by row as it streams in. An empty cell is a
 * missing value; empty lines are skipped. Throws a SuretyError that names the line when the file is not
 * valid.
 */
export async function datasetFromCsv(
  bytes: AsyncIterable<Uint8Array>,
  options: TableOptions,
  limits: DatasetLimits,
): Promise<Dataset> {
  const parser = parse({
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD_LENGTH,
    info: true,
    record_delimiter: ['\r\n', '\n', '\r'],
  });
  const source = Readable.from(whileRecordsEnd(decodeUtf8(bytes), parser));
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let table: TableBuilder | undefined;
  try {
    for await (const { record } of parser as AsyncIterable<{ record: string[] }>) {
      if (table === undefined) table = new TableBuilder(record, 'text', options, limits);
      else table.addRow(record);
    }
  } catch (error) {
    throw error instanceof CsvError ? invalidCsv(error) : error;
  } finally {
    source.destroy();
  }
  if (table === undefined)
    throw new SuretyError('no_rows', 'the file is empty: expected a header line and rows');
  return table.finish();
}

/**
 * The parser limits the characters of a record, but not its commas, each of which makes a cell: so the text stops when
 * it goes on for twice as long without the end of a record or of an empty line.
 */
async function* whileRecordsEnd(texts: AsyncIterable<string>, { info }: Parser): AsyncGenerator<string> {
  let [ended, length] = [0, 0];
  for await (const text of texts) {
    const endedNow = info.records + info.empty_lines;
    if (endedNow !== ended) length = 0;
    ended = endedNow;
    if (length > 2 * MAX_RECORD_LENGTH)
      throw new SuretyError('invalid_csv', `line ${info.lines}: ${TOO_LONG}`);
    yield text;
    length += text.length;
  }
}

/** The parser's own messages quote the file, so only its code and the line are passed on. */
function invalidCsv(error: CsvError): SuretyError {
  const problems: Partial<Record<string, string>> = {
    CSV_QUOTE_NOT_CLOSED: 'the file ends inside a quoted value',
    INVALID_OPENING_QUOTE: 'a quote stands inside a value that does not start with one',
    CSV_INVALID_CLOSING_QUOTE: 'a closing quote is not followed by a comma or the end of the line',
    CSV_MAX_RECORD_SIZE: TOO_LONG,
  };
  const problem = problems[error.code] ?? `not valid CSV (${error.code})`;
  const line = typeof error.lines === 'number' ? `line ${error.lines}: ` : '';
  return new SuretyError('invalid_csv', `${line}${problem}`, { cause: error.code });
}

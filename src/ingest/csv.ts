import { SuretyError } from '../errors.ts';
import { takingTurns } from '../process/taking-turns.ts';
import { checkColumnLimit, type Dataset, type DatasetLimits } from './dataset.ts';
import { RecordScanner } from './record-scanner.ts';
import { TableBuilder, type TableOptions } from './table-builder.ts';
import { checkedUtf8 } from './text.ts';

/** Bytes between two looks at the clock: half a millisecond of numbers, some milliseconds of new texts. */
const BYTES_PER_LOOK = 2 ** 16;

/**
 * Reads a CSV file (RFC 4180, comma, a header line, UTF-8) as it streams in, in turns. An empty cell is a missing value; empty
 * lines are skipped. Throws a SuretyError that names the line when the file is not valid. docs/decisions/0018.
 */
export async function datasetFromCsv(
  bytes: AsyncIterable<Uint8Array>,
  options: TableOptions,
  limits: DatasetLimits,
): Promise<Dataset> {
  const records = new RecordScanner(limits.features + 1); // the target is no feature
  let table: TableBuilder | undefined;
  const take = (isLast: boolean) => {
    if (table === undefined && records.next(isLast)) {
      table = new TableBuilder(namesIn(records, limits), 'text', options, limits);
      records.clear();
    }
    if (table !== undefined) addRows(table, records, isLast);
  };
  const turn = takingTurns();
  for await (const chunk of checkedUtf8(bytes)) {
    for (let from = 0; from < chunk.length; from += BYTES_PER_LOOK) {
      records.add(chunk.subarray(from, from + BYTES_PER_LOOK));
      take(false);
      await turn();
    }
  }
  take(true);
  if (table === undefined)
    throw new SuretyError('no_rows', 'the file is empty: expected a header line and rows');
  return table.finish();
}

function namesIn(header: RecordScanner, limits: DatasetLimits): string[] {
  checkColumnLimit(header.count - 1, limits); // no others are kept
  return Array.from({ length: header.count }, (_, k) => header.text(k));
}

/** Adds the whole records as rows. What is wrong with a row comes before what is wrong behind it. */
function addRows(table: TableBuilder, records: RecordScanner, isLast: boolean): void {
  let rows = 0;
  try {
    while (records.next(isLast)) {
      table.checkWidth(records.count, rows);
      rows++;
    }
  } finally {
    table.addTextRows(records, rows);
    records.clear();
  }
}

import { SuretyError } from '../errors.ts';
import { takingTurns } from '../process/taking-turns.ts';
import type { Dataset, DatasetLimits } from './dataset.ts';
import { datasetFromRecords } from './json.ts';
import type { TableOptions } from './table-builder.ts';
import { decodeUtf8, MAX_RECORD_LENGTH } from './text.ts';

/** Longer lines are looked through before they are parsed. */
const LONG = 2 ** 18;
/** Members, lists and objects of a line: they take most of the time, some 40 ms where all names differ. No record needs more. */
const MAX_PARTS = 2 ** 15;

const [QUOTE, BACKSLASH, COLON, OPEN_ARRAY, OPEN_OBJECT] = [0x22, 0x5c, 0x3a, 0x5b, 0x7b];

/** Reads NDJSON (one JSON record a line, UTF-8) as it streams in; empty lines are skipped. */
export function datasetFromNdjson(
  bytes: AsyncIterable<Uint8Array>,
  options: TableOptions,
  limits: DatasetLimits,
): Promise<Dataset> {
  return datasetFromRecords(records(bytes), options, limits);
}

async function* records(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  let pieces: string[] = []; // of the line that has not ended yet, joined once
  let length = 0;
  let line = 1;
  const turn = takingTurns(); // whoever reads the records takes them too, but there may be none
  for await (const chunk of decodeUtf8(bytes)) {
    await turn();
    const parts = chunk.split('\n');
    for (const [index, part] of parts.entries()) {
      pieces.push(part);
      length += part.length;
      if (length > MAX_RECORD_LENGTH) {
        throw new SuretyError('invalid_ndjson', `a line is longer than ${MAX_RECORD_LENGTH} characters`);
      }
      if (index === parts.length - 1) break;
      const text = pieces.length === 1 ? part : pieces.join('');
      if (text.trim() !== '') yield parseLine(text, line); // empty ones, of which there may be millions, not
      pieces = [];
      length = 0;
      line++;
    }
  }
  const last = pieces.join('');
  if (last.trim() !== '') yield parseLine(last, line);
}

/** The engine's own message quotes the line, so it is not passed on. */
function parseLine(text: string, line: number): unknown {
  if (text.length > LONG && hasTooMuch(text)) {
    throw new SuretyError('invalid_ndjson', `line ${line}: expected at most ${MAX_PARTS} members and lists`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new SuretyError('invalid_ndjson', `line ${line}: expected a JSON record`);
  }
}

function hasTooMuch(text: string): boolean {
  let parts = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) inString = !inString;
    else if (inString) at += Number(code === BACKSLASH);
    else if (code === COLON || code === OPEN_ARRAY || code === OPEN_OBJECT) parts++;
  }
  return parts > MAX_PARTS;
}

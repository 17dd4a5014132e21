import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordScanner } from '../../src/ingest/record-scanner.ts';

/** The records of a file that comes in pieces; null where it is refused. */
function scanned(pieces: readonly Buffer[], most = 100): string[][] | null {
  const scanner = new RecordScanner(most);
  const records: string[][] = [];
  const take = (isLast: boolean) => {
    let k = 0;
    while (scanner.next(isLast)) {
      const kept = Math.min(scanner.count, most);
      records.push(Array.from({ length: kept }, () => scanner.text(k++)));
    }
    scanner.clear();
  };
  try {
    for (const piece of pieces) {
      scanner.add(piece);
      take(false);
    }
    take(true);
    return records;
  } catch {
    return null;
  }
}

function parsed(text: string): string[][] | null {
  const options = {
    relax_column_count: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n', '\r'],
  };
  try {
    return parse(text, options);
  } catch {
    return null;
  }
}

const files = fc
  .array(fc.constantFrom('"', '"', ',', '\n', '\r', '\r\n', 'a', 'b,', '""', '"x"', '"y",', 'é', ' '), {
    maxLength: 30,
  })
  .map((parts) => parts.join(''));

describe('RecordScanner', () => {
  it('finds the records that csv-parse finds, and refuses what it refuses, however the file is cut', () => {
    fc.assert(
      fc.property(files, fc.integer({ min: 1, max: 7 }), (text, size) => {
        const bytes = Buffer.from(text);
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, k) =>
          bytes.subarray(k * size, (k + 1) * size),
        );
        const expected = parsed(text);
        expect(scanned([bytes])).toEqual(expected);
        expect(scanned(pieces)).toEqual(expected);
      }),
      { seed: 251, numRuns: 5000 },
    );
  });

  it('counts the cells that it does not keep', () => {
    const scanner = new RecordScanner(3);
    scanner.add(Buffer.from(`a,b\n${'x,'.repeat(5000)}\nc,d\n`));
    const counts: number[] = [];
    while (scanner.next(false)) counts.push(scanner.count);
    expect(counts).toEqual([2, 5001, 2]);
    expect(Array.from({ length: 7 }, (_, k) => scanner.text(k))).toEqual(['a', 'b', 'x', 'x', 'x', 'c', 'd']);
  });

  it.each([
    ['x\n1\n2"\n', 3],
    ['x\r\n\r\n"1\n2"\r\n"3"4', 5],
    ['x\r\r"1', 3],
    ['x\n"\r\n\n\r', 5],
  ])('names the line in %j', (text, line) => {
    const scanner = new RecordScanner(9);
    const act = () => {
      for (const byte of Buffer.from(text)) {
        scanner.add(Uint8Array.of(byte));
        while (scanner.next(false));
      }
      while (scanner.next(true));
    };
    expect(act).toThrow(new RegExp(`^line ${line}: `));
  });
});

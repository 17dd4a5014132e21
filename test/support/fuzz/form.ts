import fc from 'fast-check';
import { toCsv } from '../process/process.ts';
import { hostileJson, hostileText } from './values.ts';
import { chunkSizes, type Header, headerText, type Parts, seldom } from './wire.ts';

const TABLE = Array.from({ length: 12 }, (_, i) => ({
  a: i % 5,
  b: 'xyz'[i % 3],
  y: i % 2 === 0 ? 'yes' : 'no',
}));
const MODEL = { name: 'form', target: 'y' };

const fileText = fc.oneof(
  fc.constantFrom(
    toCsv(TABLE),
    TABLE.map((row) => JSON.stringify(row)).join('\n'),
    'a,y\n"1',
    'PAR1PAR1',
    '',
    '\n\n',
    '\ufeffa,y\n1,x',
  ),
  fc
    .array(fc.array(hostileText, { maxLength: 4 }), { maxLength: 6 })
    .map((rows) => rows.map((row) => row.join(',')).join('\n')),
  hostileJson(TABLE),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);

/** A registration as a form, good or not: headers and body of its request. */
export const hostileForm: fc.Arbitrary<Pick<Parts, 'headers' | 'body' | 'chunks'>> = fc
  .record({
    model: fc.oneof(
      { weight: 3, arbitrary: fc.constant(JSON.stringify(MODEL)) },
      { weight: 2, arbitrary: hostileJson([MODEL]) },
    ),
    file: fileText,
    name: fc.constantFrom('rows.csv', 'rows.csv', 'rows.ndjson', 'rows.parquet', 'rows.txt', ''),
    names: fc.oneof(
      { weight: 4, arbitrary: fc.constant<string[]>(['model', 'data']) },
      { weight: 1, arbitrary: fc.array(hostileText, { maxLength: 4 }) },
    ),
    boundary: seldom(fc.constantFrom('', 'x'.repeat(100), '--', '"', "'()+_,-./:=?"), 'b'),
    announced: seldom(fc.constantFrom('c', ''), undefined),
    more: fc.array(
      fc.tuple(fc.constantFrom('Content-Type', 'Content-Transfer-Encoding', 'X-A'), headerText),
      { maxLength: 2 },
    ),
    end: seldom(fc.constantFrom('--', '', '--\r\nafter', '\r\n'), '--\r\n'),
    chunks: chunkSizes,
  })
  .map(({ model, file, name, names, boundary, announced, more, end, chunks }) => {
    const parts = names.map((field, k) => {
      const filename = k === 1 ? `; filename="${name}"` : '';
      const lines = [
        `Content-Disposition: form-data; name="${field}"${filename}`,
        ...more.map((pair) => pair.join(': ')),
      ];
      return `--${boundary}\r\n${lines.join('\r\n')}\r\n\r\n${k === 1 ? file : model}\r\n`;
    });
    const type = `multipart/form-data; boundary=${announced ?? boundary}`;
    return {
      headers: [['Content-Type', type]] as Header[],
      body: `${parts.join('')}--${boundary}${end}`,
      chunks,
    };
  });

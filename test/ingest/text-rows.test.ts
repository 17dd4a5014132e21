import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datasetFromCsv } from '../../src/ingest/csv.ts';
import { TableBuilder, type TableOptions } from '../../src/ingest/table-builder.ts';
import { refusalOf } from '../support/models/refusal.ts';
import { LIMITS } from '../support/models/settings.ts';
import { streamOf } from '../support/stores/bytes.ts';

const OPTIONS: TableOptions = { target: 'y', columnTypes: { n: 'number', b: 'boolean' } };

const cell = fc.constantFrom(
  ...[
    '',
    '1',
    '-1',
    '007',
    '1.0',
    '-0',
    '0.1',
    '1e3',
    '+1',
    '1e999',
    'inf',
    'true',
    'False',
    'é',
    'red',
    'a longer text',
  ],
  ...['0.30000000000000004', '12345678901234567890', 'x'.repeat(70)],
);

describe('rows of text taken column by column', () => {
  it('give the table, or the refusal, that they give one by one', async () => {
    const number = fc.constantFrom('1', '2.5', '-0', '', '1e3', 'x');
    const boolean = fc.constantFrom('true', 'false', '', 'TRUE', 'x');
    const label = fc.constantFrom('a', 'b', 'a', 'b', 'c', '');
    const good = fc.tuple(
      cell,
      fc.constantFrom('1', '2'),
      fc.constantFrom('true', ''),
      fc.constantFrom('a', 'b'),
    );
    const row = fc.oneof({ weight: 9, arbitrary: good }, fc.tuple(cell, number, boolean, label));
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 5, max: 60 }),
        async (rows, most) => {
          const limits = { ...LIMITS, rows: most };
          const names = ['x', 'n', 'b', 'y'];
          const oneByOne = async () => {
            const table = new TableBuilder(names, 'text', OPTIONS, limits);
            for (const cells of rows) table.addRow(cells);
            return table.finish();
          };
          const csv = [names, ...rows].map((cells) => `${cells.join(',')}\n`).join('');
          const together = () => datasetFromCsv(streamOf(csv), OPTIONS, limits);
          const outcome = (act: () => Promise<unknown>) =>
            act().catch(({ code, message }: { code: string; message: string }) => ({ code, message }));
          expect(await outcome(together)).toEqual(await outcome(oneByOne));
        },
      ),
      { seed: 261, numRuns: 1500 },
    );
  });

  it('are refused for the first misfit, whatever comes behind it', async () => {
    const csv = (...rows: string[]) => ['x,n,b,y', ...rows, ''].join('\n');
    const refused = (text: string) => refusalOf(() => datasetFromCsv(streamOf(text), OPTIONS, LIMITS));
    expect((await refused(csv('1,1,true,a', '1,1,x,a', '1,x,true,a', '1,1', '1,"'))).message).toBe(
      "row 1, column 'b': expected true or false, got other text",
    );
    expect((await refused(csv('1,1,true,a', '1,1,true,a', '1,1', '1,1,x,a'))).message).toBe(
      'row 2: expected 4 values, got 2',
    );
  });
});

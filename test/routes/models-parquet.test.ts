import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { DATA, hasData, NO_DATA } from '../../bench/data.ts';
import { LOANS, REGISTRATION } from '../support/models/loans.ts';
import { parquetOf } from '../support/models/parquet-files.ts';
import { type Service, startService } from '../support/process/service.ts';

const MODEL = JSON.stringify({ name: 'loans', target: 'outcome' });

/** Records as a Parquet file; the type of a column is that of its cells. */
function parquetOfRecords(records: readonly object[]): Buffer {
  const rows = records as readonly Record<string, unknown>[];
  const columnData = Object.keys(rows[0]!).map((name) => {
    const data = rows.map((row) => row[name]);
    const [cell] = data.filter((one) => one !== null);
    const type = typeof cell === 'number' ? 'DOUBLE' : typeof cell === 'boolean' ? 'BOOLEAN' : 'STRING';
    return { name, data, type } as const;
  });
  return Buffer.from(parquetOf({ columnData, codec: 'ZSTD' }));
}

function upload(
  service: Service,
  file: Buffer,
  options: { filename: string; contentType?: string },
  model = MODEL,
) {
  return service.post('/models').field('model', model).attach('data', file, options);
}

const LOANS_FILE = parquetOfRecords(LOANS);

describe('POST /models with a Parquet file', () => {
  it('registers the content that the same records have, however the format is told', async () => {
    const service = await startService();
    const first = await service.post('/models').send(REGISTRATION).expect(201);
    for (const options of [
      { filename: 'loans.parquet' },
      { filename: 'LOANS.PARQUET' },
      { filename: 'data', contentType: 'application/vnd.apache.parquet' },
      { filename: 'data', contentType: 'application/x-parquet' },
    ]) {
      const { body } = await upload(service, LOANS_FILE, options).expect(200);
      expect(body).toEqual(first.body);
    }
  });

  it('refuses a file beyond the limits, and registers nothing', async () => {
    for (const [config, code] of [
      [{ maxRows: 100 }, 'too_many_rows'],
      [{ maxFeatures: 5 }, 'too_many_features'],
      [{ maxCells: 500 }, 'too_many_cells'],
      [{ maxBodyBytes: LOANS_FILE.length - 100 }, 'body_too_large'],
    ] as const) {
      const service = await startService({ config });
      const { body } = await upload(service, LOANS_FILE, { filename: 'x.parquet' });
      expect(body.code).toBe(code);
      const { body: list } = await service.get('/models').expect(200);
      expect(list.models).toEqual([]);
    }
  });

  it('names the column that cannot be one', async () => {
    const service = await startService();
    const opened = LOANS.map(() => new Date(0));
    const file = parquetOf({
      columnData: [
        { name: 'opened', type: 'TIMESTAMP', data: opened },
        { name: 'outcome', type: 'STRING', data: LOANS.map(({ outcome }) => outcome) },
      ],
    });
    const { body } = await upload(service, Buffer.from(file), { filename: 'x.parquet' }).expect(422);
    expect(body).toMatchObject({
      code: 'wrong_type',
      detail:
        "column 'opened' has the TIMESTAMP Parquet type INT64; convert it to a number, a boolean or a string, or leave it out of the file",
    });
  });

  it('answers damaged files with 422 or 201, and goes on', async () => {
    const service = await startService();
    for (let i = 0; i < 150; i++) {
      const file = Buffer.from(LOANS_FILE);
      const at = Math.floor(((i * 0.6180339887) % 1) * file.length); // spread evenly
      file[at]! ^= 1 << (i % 8);
      const { status } = await upload(service, i % 3 === 0 ? file.subarray(0, at) : file, {
        filename: 'x.parquet',
      });
      expect([200, 201, 422]).toContain(status);
    }
    await service.post('/models').send(REGISTRATION);
    await service
      .post('/certify')
      .send({ model: 'loans', instances: [LOANS[0]] })
      .expect(200);
  });
});

describe.skipIf(!hasData)(`German credit as Parquet${hasData ? '' : ` (skipped: ${NO_DATA})`}`, () => {
  it('is the same content as the CSV', async () => {
    const service = await startService();
    const csv = readFileSync(join(DATA, 'german-credit.csv'));
    const model = JSON.stringify({ name: 'german-credit', target: 'credit_risk' });
    const first = await upload(service, csv, { filename: 'x.csv' }, model).expect(201);
    const numbers = new Set(
      first.body.columns
        .filter(({ type }: { type: string }) => type === 'number')
        .map(({ name }: { name: string }) => name),
    );
    expect(numbers.size).toBe(7);
    const records = (parse(csv, { columns: true }) as Record<string, string>[]).map((record) =>
      Object.fromEntries(
        Object.entries(record).map(([name, text]) => [name, numbers.has(name) ? Number(text) : text]),
      ),
    );
    const again = await upload(service, parquetOfRecords(records), { filename: 'x.parquet' }, model).expect(
      200,
    );
    expect(again.body).toEqual(first.body);
  });
});

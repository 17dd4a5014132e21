import { describe, expect, it } from 'vitest';
import { TableBuilder } from '../../src/ingest/table-builder.ts';
import { NUMBER_MARKER, refusalOf } from '../support/models/refusal.ts';
import { LIMITS } from '../support/models/settings.ts';

const builder = (names = ['age', 'job', 'outcome']) =>
  new TableBuilder(names, 'json', { target: 'outcome' }, LIMITS);

describe('a record', () => {
  const record = { outcome: 'good', age: 30, job: 'cook' };

  it('may have its members in any order', async () => {
    const table = builder();
    table.addRecord(record);
    table.addRecord({ job: null, outcome: 'bad', age: 2 });
    expect((await table.finish()).data).toMatchObject({
      rows: 2,
      columns: [{ name: 'age' }, { name: 'job' }],
    });
  });

  it('is refused when it lacks a column', async () => {
    const table = builder();
    table.addRecord(record);
    const { age, ...rest } = record;
    expect(await refusalOf(() => table.addRecord({ ...rest, old: age }))).toMatchObject({
      code: 'missing_column',
      message: "row 1 has no column 'age'; write null for a missing value",
    });
  });

  it.each(['extra', 'constructor', 'a'.repeat(300)])(
    'is refused when it has a column more: %s',
    async (name) => {
      const table = builder();
      table.addRecord(record);
      const error = await refusalOf(() => table.addRecord({ ...record, [name]: NUMBER_MARKER }));
      expect(error).toMatchObject({
        code: 'unknown_column',
        message: `row 1 has a column '${name.slice(0, 100)}' that the first row lacks`,
      });
    },
  );

  it('is refused when __proto__ is one of its columns', async () => {
    const error = await refusalOf(() =>
      builder().addRecord(JSON.parse('{"__proto__": {}, "age": 1, "job": "a", "outcome": "b"}')),
    );
    expect(error.code).toBe('unknown_column');
    const missing = await refusalOf(() => builder(['valueOf', 'outcome']).addRecord({ outcome: 'b' }));
    expect(missing.code).toBe('missing_column');
  });
});

import { describe, expect, it } from 'vitest';
import type { Predicate, Threat } from '../../src/model/threat.ts';
import type { ModelRegistry } from '../../src/registry/registry.ts';
import { bytesOf } from '../../src/store/model-store.ts';
import { compileThreat } from '../../src/threat/compile-threat.ts';
import { failureOf, MARKER, NUMBER_MARKER, refusalOf } from '../support/models/refusal.ts';
import { datasetOf, openRegistry, register, tinyDataset } from '../support/models/registry.ts';
import type { PlainTable } from '../support/models/tables.ts';
import { sqliteDatabase, storeWith, type TestDatabase } from '../support/stores/databases.ts';

const TABLE: PlainTable = {
  columns: [
    { name: 'sex', type: 'category', cells: ['m', 'f', 'f', null, 'm'] },
    { name: 'age', type: 'number', cells: [20, 30, null, 40, 50] },
    { name: 'owner', type: 'boolean', cells: [true, false, null, true, false] },
    { name: 'town', type: 'category', cells: [MARKER, 'b', 'b', MARKER, 'c'] },
  ],
  labels: ['yes', 'no', 'perhaps', 'yes', 'no'],
};

/**
 * A registry with the table as m, `town` ignored, and ready-made features as v. It counts the reads of parts.
 */
async function filled(base: TestDatabase = sqliteDatabase()) {
  const store = await base.open();
  const reads: string[] = [];
  const counting = storeWith(store, {
    readPart: (name, version, part) => {
      reads.push(`${name}${version} ${part}`);
      return store.readPart(name, version, part);
    },
  });
  const registry = await openRegistry(counting);
  await register(registry, 'm', datasetOf(TABLE, { ignore: ['town'] }));
  await register(registry, 'v', tinyDataset(1));
  return { registry, reads, store };
}

const compile = (registry: ModelRegistry, threat: Threat, name = 'm') =>
  compileThreat(registry, registry.get(name), threat);
const townIs = (...values: string[]): Threat => ({ rows: { column: 'town', in: values } });

describe('a threat model', () => {
  it('has a byte a row and one a change of labels, and counts the rows that may be flipped', async () => {
    const { registry } = await filled();
    const rows: Predicate = { column: 'sex', in: ['f', null] };
    const transitions = [
      ['no', 'yes'],
      ['perhaps', 'no'],
    ] as const;
    // classes: no, perhaps, yes
    expect(await compile(registry, { rows, transitions })).toEqual({
      threat: {
        attackable: Uint8Array.from([0, 1, 1, 1, 0]),
        transitions: Uint8Array.from([0, 0, 1, 1, 0, 0, 0, 0, 0]),
      },
      stated: {
        description:
          "Only labels of rows where sex is one of ('f', missing), and only from 'no' to 'yes' or from 'perhaps' to 'no', may be wrong: 2 of 5 rows",
        rows: 2,
      },
    });
    expect(await compile(registry, {})).toEqual({
      threat: { attackable: null, transitions: null },
      stated: {
        description: "Any label may be wrong, as any of these classes ('no', 'perhaps', 'yes'): 5 of 5 rows",
        rows: 5,
      },
    });
    expect((await compile(registry, { rows: { indices: [5, 0] } }, 'v')).threat.attackable).toEqual(
      Uint8Array.from([1, 0, 0, 0, 0, 1]),
    );
  });

  it.each<[string, Threat, string, string?]>([
    [
      'an unknown column',
      { rows: { column: 'colour', in: [1] } },
      "/threat/rows/column: the model has no column 'colour'",
    ],
    [
      'the target as a column',
      { rows: { column: 'outcome', in: ['yes'] } },
      "/threat/rows/column: 'outcome' is the target; say in transitions which labels may change",
    ],
    [
      'bounds on a category',
      { rows: { and: [{ indices: [1] }, { column: 'town', below: 1 }] } },
      "/threat/rows/and/1: column 'town' is a category, bounds need a number; use in or notIn",
    ],
    [
      'bounds on a boolean',
      { rows: { column: 'owner', atLeast: 1 } },
      "/threat/rows: column 'owner' is a boolean, bounds need a number; use in or notIn",
    ],
    [
      'text for a number',
      { rows: { column: 'age', in: [20, MARKER] } },
      "/threat/rows/in/1: column 'age': expected a number or null, got a string",
    ],
    [
      'a number for a boolean',
      { rows: { column: 'owner', notIn: [null, NUMBER_MARKER] } },
      "/threat/rows/notIn/1: column 'owner': expected a boolean or null, got a number",
    ],
    [
      'a level that the column never had',
      { rows: { or: [{ column: 'sex', in: ['m', MARKER] }] } },
      "/threat/rows/or/0/in/1: column 'sex' has no such level",
    ],
    [
      'a level that the column never had, left out',
      { rows: { column: 'sex', notIn: ['F'] } },
      "/threat/rows/notIn/0: column 'sex' has no such level",
    ],
    [
      'a row that is not there',
      { rows: { indices: [0, 5] } },
      '/threat/rows/indices/1: expected a row number below 5, the number of rows',
    ],
    [
      'an unknown class',
      {
        transitions: [
          ['yes', 'no'],
          ['no', MARKER],
        ],
      },
      '/threat/transitions/1/1: the model has no such class',
    ],
    [
      'a column of ready-made features',
      { rows: { column: '0', below: 1 } },
      '/threat/rows/column: the model has ready-made features and no columns; list rows in indices',
      'v',
    ],
  ])('is refused with %s', async (_, threat, message, name = 'm') => {
    const { registry, reads } = await filled();
    const refusal = await refusalOf(() => compile(registry, threat, name));
    expect(refusal).toMatchObject({ code: 'invalid_threat', message });
    const [path, ...rest] = message.split(': ');
    expect(refusal.misfits).toEqual([{ path, message: rest.join(': ') }]);
    expect(reads).toEqual([]);
  });

  it('takes numbers that do not occur, and missing values where there are none', async () => {
    const { registry } = await filled();
    const rowsOf = async (rows: Predicate) => (await compile(registry, { rows })).stated.rows;
    expect(await rowsOf({ column: 'age', in: [21] })).toBe(0);
    expect(await rowsOf({ column: 'town', in: [null] })).toBe(0);
    expect(await rowsOf({ column: 'age', above: 30, below: 30 })).toBe(0);
  });
});

describe('the raw columns of a threat', () => {
  it('are read from the store when they are first spoken of, and never again', async () => {
    const { registry, reads } = await filled();
    await compile(registry, { rows: { indices: [0] }, transitions: [['yes', 'no']] });
    expect(reads).toEqual([]);
    expect((await compile(registry, townIs('b'))).stated.rows).toBe(2);
    expect(reads).toEqual(['m1 table']);
    expect((await compile(registry, townIs('b', 'c'))).stated.rows).toBe(3);
    expect(reads).toEqual(['m1 table']);
    await compile(registry, {
      rows: {
        or: [
          { column: 'age', above: 1 },
          { column: 'sex', in: ['m'] },
        ],
      },
    });
    expect(reads).toEqual(['m1 table', 'm1 table']);
    await compile(registry, {
      rows: {
        and: [
          { column: 'sex', in: ['f'] },
          { column: 'town', in: ['b'] },
        ],
      },
    });
    expect(reads).toHaveLength(2);
  });

  it('are read once for requests that come together', async () => {
    const { registry, reads } = await filled();
    const threats: Threat[] = [townIs('b'), { rows: { column: 'age', above: 25 } }, townIs('c'), townIs('b')];
    const compiled = await Promise.all(threats.map((threat) => compile(registry, threat)));
    expect(compiled.map(({ stated }) => stated.rows)).toEqual([2, 3, 1, 2]);
    expect(reads).toEqual(['m1 table']);
  });

  it('are kept apart from those of another version', async () => {
    const { registry } = await filled();
    await compile(registry, townIs('b'));
    const [sex, age, owner, town] = TABLE.columns;
    const other = { ...TABLE, columns: [sex!, age!, owner!, { ...town!, cells: ['b', 'c', 'd', 'd', 'd'] }] };
    await register(registry, 'm', datasetOf(other, { ignore: ['town'] }));
    expect((await compile(registry, townIs('b'))).stated.rows).toBe(1);
    expect((await compileThreat(registry, registry.get('m', 1), townIs('b'))).stated.rows).toBe(2);
  });

  it('of a model that was deleted before or while they are read are a version that is not there', async () => {
    const base = sqliteDatabase();
    await filled(base);
    const store = await base.open();
    const deleted = Promise.withResolvers<void>();
    const registry = await openRegistry(
      storeWith(store, {
        readPart: async (name, version, part) => {
          if (part === 'table') await deleted.promise;
          return store.readPart(name, version, part);
        },
      }),
    );
    const model = registry.get('m');
    const ask = () => compileThreat(registry, model, townIs('b'));
    const asking = failureOf(ask); // has begun to read
    await registry.delete('m');
    deleted.resolve();
    expect(await asking).toMatchObject({ code: 'version_not_found', message: "model 'm' has no version 1" });
    expect(await refusalOf(ask)).toMatchObject({ code: 'version_not_found' });
    expect(await store.list()).toHaveLength(1);
  });

  it('of a damaged table are refused, until it is mended; the model itself serves', async () => {
    const base = sqliteDatabase();
    const { registry } = await filled(base);
    const flip = () =>
      base.behind(async (db) => {
        const { data } = await db
          .selectFrom('chunk')
          .select('data')
          .where('part', '=', 'table')
          .executeTakeFirstOrThrow();
        const changed = Buffer.from(data);
        changed[3] = changed[3]! ^ 1;
        await db.updateTable('chunk').set({ data: changed }).where('part', '=', 'table').execute();
      });
    await flip();
    expect(await refusalOf(() => compile(registry, townIs('b')))).toMatchObject({
      code: 'model_damaged',
      message: "model 'm' version 1 failed its integrity check",
    });
    expect((await compile(registry, { rows: { indices: [1] } })).stated.rows).toBe(1);
    await flip();
    expect((await compile(registry, townIs('b'))).stated.rows).toBe(2);
  });

  it('of a table that was replaced together with its checksum are refused', async () => {
    const base = sqliteDatabase();
    const { registry, store } = await filled(base);
    const labels = await store.readPart('m', 1, 'labels');
    await base.behind(async (db) => {
      const { sha256 } = labels;
      await db
        .updateTable('blob')
        .set({ bytes: bytesOf(labels).length, sha256 })
        .where('part', '=', 'table')
        .execute();
      await db
        .updateTable('chunk')
        .set({ data: Buffer.from(bytesOf(labels)) })
        .where('part', '=', 'table')
        .execute();
    });
    expect(await refusalOf(() => compile(registry, townIs('b')))).toMatchObject({ code: 'model_damaged' });
  });

  it('that the store fails to give for another reason are not called damaged, and are read the next time', async () => {
    const base = sqliteDatabase();
    await filled(base);
    const store = await base.open();
    let failures = 1;
    const registry = await openRegistry(
      storeWith(store, {
        readPart: (name, version, part) =>
          part === 'table' && failures-- > 0
            ? Promise.reject(new Error('disk error'))
            : store.readPart(name, version, part),
      }),
    );
    expect(await refusalOf(() => compile(registry, townIs('b')))).toMatchObject({
      code: 'store_failed',
      message: 'the columns that the threat speaks of cannot be read from the store now; try again',
      cause: new Error('disk error'),
    });
    expect((await compile(registry, townIs('b'))).stated.rows).toBe(2);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.ts';
import type { Predicate } from '../../src/model/threat.ts';
import type { ModelRegistry } from '../../src/registry/registry.ts';
import { compileThreat } from '../../src/threat/compile-threat.ts';
import { failureOf } from '../support/models/refusal.ts';
import { datasetOf, openRegistry, register } from '../support/models/registry.ts';
import {
  type Cell,
  type PlainColumn,
  type PlainTable,
  recordsOf,
  tablesArbitrary,
} from '../support/models/tables.ts';
import { sqliteDatabase } from '../support/stores/databases.ts';

/** docs/threats.md read literally, over records as a caller sent them. Shares no code with src. */
function holds(predicate: Predicate, record: Record<string, Cell>, row: number): boolean {
  if ('and' in predicate) return predicate.and.every((part) => holds(part, record, row));
  if ('or' in predicate) return predicate.or.some((part) => holds(part, record, row));
  if ('indices' in predicate) return predicate.indices.includes(row);
  const cell = record[predicate.column]!;
  const isValue = (value: Cell) => {
    if (value === null || value === '') return cell === null || cell === '';
    return typeof cell === 'string' ? `${value}` === cell : value === cell;
  };
  if ('in' in predicate) return predicate.in.some(isValue);
  if ('notIn' in predicate) return !predicate.notIn.some(isValue);
  const { above, atLeast, below, atMost } = predicate;
  if (typeof cell !== 'number') return false;
  if (above !== undefined && cell <= above) return false;
  if (atLeast !== undefined && cell < atLeast) return false;
  if (below !== undefined && cell >= below) return false;
  return atMost === undefined || cell <= atMost;
}

const anyOf = fc.constantFrom;

function conditionsOn({ name, type, cells }: PlainColumn): fc.Arbitrary<Predicate> {
  const own = [...new Set(cells), null];
  const others: Cell[] = type === 'number' ? [1e9, 0.5, 0] : type === 'boolean' ? [true, false] : [''];
  const values = fc.array(anyOf(...own, ...others), { minLength: 1, maxLength: 7 });
  const lists = fc.oneof(
    values.map((list) => ({ column: name, in: list })),
    values.map((list) => ({ column: name, notIn: list })),
  );
  if (type !== 'number') return lists;
  const bound = fc.option(
    fc.oneof(
      anyOf(...own.filter((cell) => typeof cell === 'number'), 0),
      fc.double({ noNaN: true, min: -9, max: 9 }),
    ),
    { nil: undefined },
  );
  const ranges = fc
    .record({ above: bound, atLeast: bound, below: bound, atMost: bound })
    .filter((bounds) => Object.values(bounds).some((one) => one !== undefined))
    .map((bounds) => ({ column: name, ...bounds }));
  return fc.oneof(lists, ranges);
}

function predicatesOn({ columns, labels }: PlainTable): fc.Arbitrary<Predicate> {
  const indices = fc
    .array(fc.integer({ min: 0, max: labels.length - 1 }), { maxLength: 8 })
    .map((rows) => ({ indices: rows }));
  const { predicate } = fc.letrec<{ predicate: Predicate }>((tie) => {
    const parts = fc.array(tie('predicate'), { minLength: 1, maxLength: 3 });
    return {
      predicate: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.oneof(...columns.map(conditionsOn), indices),
        parts.map((and) => ({ and })),
        parts.map((or) => ({ or })),
      ),
    };
  });
  return predicate;
}

/**
 * A table, the columns to ignore, and predicates on it; its last column keeps a model with nothing else
 * going.
 */
const cases = tablesArbitrary
  .map((table): PlainTable => {
    const cells = table.labels.map((_, row) => row);
    return { ...table, columns: [...table.columns, { name: 'last', type: 'number', cells }] };
  })
  .chain((table) =>
    fc.record({
      table: fc.constant(table),
      ignore: fc.subarray(table.columns.slice(0, -1).map(({ name }) => name)),
      predicates: fc.array(predicatesOn(table), { minLength: 3, maxLength: 8 }),
    }),
  );

describe('the rows that a threat speaks about', () => {
  it('are those whose records fulfil the predicate, ignored columns and missing values included, also after a restart', async () => {
    const base = sqliteDatabase();
    const registry = await openRegistry(await base.open());
    const asked: { version: number; predicate: Predicate; expected: number[] }[] = [];
    const rowsIn = async (from: ModelRegistry, model: Model, predicate: Predicate) =>
      Array.from((await compileThreat(from, model, { rows: predicate })).threat.attackable!);
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(cases, async ({ table, ignore, predicates }) => {
        const columnTypes = Object.fromEntries(table.columns.map(({ name, type }) => [name, type]));
        const model = await register(registry, 'm', datasetOf(table, { ignore, columnTypes }), {
          features: { standardise: false },
        });
        const records = recordsOf(table);
        for (const predicate of predicates) {
          const expected = records.map((record, row) => Number(holds(predicate, record, row)));
          expect(await rowsIn(registry, model, predicate)).toEqual(expected);
          asked.push({ version: model.version, predicate, expected });
          for (const one of expected) seen.add(one);
        }
      }),
      { seed: 20_261, numRuns: 80 },
    );
    expect(asked.length).toBeGreaterThan(250);
    expect(seen.size).toBe(2);
    const restarted = await openRegistry(await base.open());
    for (const { version, predicate, expected } of asked) {
      expect(await rowsIn(restarted, restarted.get('m', version), predicate)).toEqual(expected);
    }
  });

  it('are found by the text of a category, also where it reads as a number or a boolean', async () => {
    const registry = await openRegistry();
    const cells = ['1', 'true', '01', '1.0', null];
    const table: PlainTable = {
      columns: [
        { name: 'code', type: 'category', cells },
        { name: 'x', type: 'number', cells: [1, 2, 3, 4, 5] },
      ],
      labels: ['a', 'b', 'a', 'b', 'a'],
    };
    const model = await register(registry, 'm', datasetOf(table, { columnTypes: { code: 'category' } }));
    const rowsIn = async (rows: Predicate) =>
      [...(await compileThreat(registry, model, { rows })).threat.attackable!.entries()]
        .filter(([, one]) => one === 1)
        .map(([row]) => row);
    expect(await rowsIn({ column: 'code', in: [1] })).toEqual([0]);
    expect(await rowsIn({ column: 'code', in: [true, '1.0'] })).toEqual([1, 3]);
    expect(await rowsIn({ column: 'code', notIn: ['01', ''] })).toEqual([0, 1, 3]);
    expect(await rowsIn({ column: 'x', in: [3, -0, 2.5] })).toEqual([2]);
  });

  it('leave turns to others while there are many conditions, and stop when the client has gone', async () => {
    const registry = await openRegistry();
    const rows = 20_000;
    const table: PlainTable = {
      columns: [{ name: 'x', type: 'number', cells: Array.from({ length: rows }, (_, row) => row % 97) }],
      labels: Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? 'a' : 'b')),
    };
    const model = await register(registry, 'm', datasetOf(table));
    const or = Array.from({ length: 900 }, (_, k) => ({ column: 'x', above: 1000 + k }));
    await registry.rawColumns(model, ['x']);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const { stated } = await compileThreat(registry, model, { rows: { or } });
    clearInterval(timer);
    expect(stated.rows).toBe(0);
    expect(turns).toBeGreaterThan(2);
    const controller = new AbortController();
    const reason = new Error('the client has gone');
    setTimeout(() => controller.abort(reason), 5);
    const act = () => compileThreat(registry, model, { rows: { or } }, controller.signal);
    expect(await failureOf(act)).toBe(reason);
  });
});

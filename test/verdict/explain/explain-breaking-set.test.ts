import { expect, it } from 'vitest';
import { MAX_NAMED_ROWS } from '../../../src/verdict/explain/explain.ts';
import { certified, openRegistry, register, vectorsOf } from '../../support/models/registry.ts';

/** Rows that all contribute the same; all but one are labelled a, so that a prediction survives almost half of them. */
async function unanimous(rows: number) {
  const labels = Array.from({ length: rows }, (_, row) => (row === 0 ? 'b' : 'a'));
  const dataset = vectorsOf(
    labels.map(() => [1]),
    labels,
  );
  return register(await openRegistry(), 'm', dataset, { centre: false });
}

it('names as many rows as an answer may, and leaves out a larger set with a warning', async () => {
  // a leads by rows - 2, each flip takes 2 of it, and a tie goes to a: (rows - 2) / 2 + 1 flips turn it
  for (const [rows, left] of [
    [2 * MAX_NAMED_ROWS, false],
    [2 * MAX_NAMED_ROWS + 2, true],
  ] as const) {
    const [result] = await certified(await unanimous(rows), [[1]], { explain: { breakingSet: true } });
    expect(result!.certificate).toMatchObject({ flips: rows / 2 - 1, breaksWith: rows / 2 });
    expect(result!.explanation!.breakingSet?.length).toBe(left ? undefined : MAX_NAMED_ROWS);
    expect(result!.warnings).toEqual(
      left ? ['the breaking set of 20001 rows is left out: an answer names at most 20000'] : undefined,
    );
  }
});

it('shares what an answer may name with the influential rows', async () => {
  const explain = { breakingSet: true, influentialRows: 10_000 };
  const [result] = await certified(await unanimous(20_002), [[1]], { explain });
  expect(result!.explanation!.breakingSet).toBeUndefined();
  expect(result!.explanation!.influentialRows).toHaveLength(10_000);
  expect(result!.warnings).toEqual([
    'the breaking set of 10001 rows is left out: an answer names at most 10000',
  ]);
});

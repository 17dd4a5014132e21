import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabelBuilder } from '../../src/ingest/label-builder.ts';
import { MARKER, NUMBER_MARKER, refusalOf } from '../support/models/refusal.ts';
import { whole } from '../support/models/steps.ts';

function labels(cells: readonly unknown[], classes?: string[]) {
  const builder = new LabelBuilder(classes);
  for (const cell of cells) builder.add(cell);
  const built = whole(builder.finish());
  return { classes: built.classes, codes: Array.from(built.codes) };
}

describe('the class list', () => {
  it('is by default the labels seen, sorted by UTF-16 code units', () => {
    expect(labels(['good', 'bad', 'good', 'Zed', '\uffff', '😀'])).toEqual({
      classes: ['Zed', 'bad', 'good', '😀', '\uffff'],
      codes: [2, 1, 2, 0, 4, 3],
    });
  });

  it('is in its own order when it is given', () => {
    expect(labels(['a', 'b', 'a'], ['b', 'a'])).toEqual({ classes: ['b', 'a'], codes: [1, 0, 1] });
  });

  it('does not depend on the order of the rows; neither does the class of a label', () => {
    const names = fc.array(fc.constantFrom('a', 'b', 'c', '10', '9'), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(names, (cells) => {
        fc.pre(new Set(cells).size > 1);
        const there = labels(cells);
        const back = labels(cells.toReversed());
        expect(back.classes).toEqual(there.classes);
        expect(back.codes.toReversed()).toEqual(there.codes);
        expect(there.codes.map((code) => there.classes[code])).toEqual(cells);
      }),
      { seed: 211, numRuns: 200 },
    );
  });

  it('names numbers and booleans by their text', () => {
    expect(labels([1, '1', 0, 0])).toEqual({ classes: ['0', '1'], codes: [1, 1, 0, 0] });
    expect(labels([true, false, 'true']).classes).toEqual(['false', 'true']);
    expect(labels([1, 0], ['1', '0']).codes).toEqual([0, 1]);
  });

  it('takes names that are keys of every object', () => {
    expect(labels(['constructor', 'toString', 'constructor']).codes).toEqual([0, 1, 0]);
  });
});

describe('labels are refused', () => {
  it.each([
    [null, 'none'],
    [undefined, 'none'],
    ['', 'an empty one'],
  ])('when one is missing: %j', async (cell, got) => {
    expect(await refusalOf(() => labels(['a', 'b', cell]))).toMatchObject({
      code: 'missing_label',
      message: `row 2: expected a label, got ${got}`,
    });
  });

  it.each([
    [[MARKER], 'an array'],
    [{ [MARKER]: 1 }, 'an object'],
    [Number.NaN, 'a number'],
    [Infinity, 'a number'],
  ])('when one is no label: %j', async (cell, got) => {
    const error = await refusalOf(() => labels(['a', cell]));
    expect(error.code).toBe('wrong_type');
    expect(error.message).toBe(`row 1: expected a label (a string, number or boolean), got ${got}`);
  });

  it('when one is not in the list, without saying which', async () => {
    for (const cell of [MARKER, NUMBER_MARKER, 'A', 'a ', 'constructor']) {
      expect(await refusalOf(() => labels(['a', 'b', cell], ['a', 'b']))).toMatchObject({
        code: 'unknown_label',
        message: 'row 2: the label is not one of the listed classes',
      });
    }
  });

  it('when one cannot be a name, without showing it', async () => {
    for (const cell of [MARKER.repeat(21), '__proto__']) {
      const error = await refusalOf(() => labels(['a', cell]));
      expect(error.code).toBe('invalid_name');
      expect(error.message).toContain('row 1: expected a label');
      expect((await refusalOf(() => labels(['a'], ['a', cell]))).code).toBe('invalid_name');
    }
    expect((await refusalOf(() => labels(['a'], ['a', '']))).code).toBe('invalid_name');
  });

  it('when a listed class has no rows', async () => {
    expect(await refusalOf(() => labels(['a', 'b'], ['a', 'late', 'b']))).toMatchObject({
      code: 'class_without_rows',
      message: "class 'late' is listed and has no rows",
    });
    expect((await refusalOf(() => labels(['a', 'b'], ['a', 'b', 'a']))).code).toBe('class_without_rows');
  });

  it('when there is only one class', async () => {
    expect((await refusalOf(() => labels([MARKER, MARKER]))).code).toBe('one_class');
    expect((await refusalOf(() => labels([MARKER, MARKER], [MARKER]))).code).toBe('one_class');
    expect((await refusalOf(() => labels(['1', 1]))).code).toBe('one_class');
  });

  it('when there are more than a thousand classes', async () => {
    const names = Array.from({ length: 1001 }, (_, k) => `${MARKER}${k}`);
    expect((await refusalOf(() => labels(names))).code).toBe('invalid_settings');
    expect(labels(names.slice(1)).classes).toHaveLength(1000);
  });
});

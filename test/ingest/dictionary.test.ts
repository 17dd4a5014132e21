import { describe, expect, it } from 'vitest';
import { Dictionary } from '../../src/ingest/dictionary.ts';
import { whole } from '../support/models/steps.ts';

describe('Dictionary', () => {
  it('codes texts in the order of their first appearance', () => {
    const dictionary = new Dictionary();
    expect(['b', 'a', 'b', '__proto__', '', '__proto__'].map((text) => dictionary.code(text))).toEqual([
      0, 1, 0, 2, 3, 2,
    ]);
    expect(dictionary.texts).toEqual(['b', 'a', '__proto__', '']);
  });

  it('ranks them sorted by UTF-16 code units, or in an order that is given', () => {
    const dictionary = new Dictionary();
    for (const text of ['\uffff', '😀', 'b', 'B']) dictionary.code(text);
    expect(whole(dictionary.ranked()).texts).toEqual(['B', 'b', '😀', '\uffff']);
    expect(Array.from(whole(dictionary.ranked()).rankOf)).toEqual([3, 2, 1, 0]);
    expect(Array.from(dictionary.rankedAs(['b', 'x', '😀']).rankOf)).toEqual([-1, 2, 0, -1]);
    expect(dictionary.texts).toEqual(['\uffff', '😀', 'b', 'B']);
  });
});

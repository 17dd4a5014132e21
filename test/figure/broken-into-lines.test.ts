import fc from 'fast-check';
import { expect, it } from 'vitest';
import { brokenIntoLines } from '../../src/figure/broken-into-lines.ts';

it.each([
  ['exact', 8, ['exact']],
  ['exact, lambda 100', 8, ['exact,', 'lambda', '100']],
  ['abcdefghij', 4, ['abcd', 'efgh', 'ij']],
  ['ab cdefgh', 4, ['ab', 'cdef', 'gh']],
  ['ABCD', 4, ['ABC', 'D']], // capitals are wider
  ['一二三', 4, ['一二', '三']],
  ['', 4, ['']],
])('%j in lines of %i: %j', (text, most, lines) => {
  expect(brokenIntoLines(text, most)).toEqual(lines);
});

it('keeps every character but the spaces at which it breaks', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (text) => {
      const lines = brokenIntoLines(text, 12);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }),
    { seed: 5, numRuns: 300 },
  );
});

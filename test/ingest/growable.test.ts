import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GrowableDoubles, GrowableTexts } from '../../src/ingest/growable.ts';

describe('GrowableDoubles', () => {
  it('keeps every value as it grows', () => {
    const values = new GrowableDoubles();
    expect([values.length, values.view.length]).toEqual([0, 0]);
    for (let k = 0; k < 5000; k++) values.push(k === 17 ? Number.NaN : -k);
    expect(values.length).toBe(5000);
    expect(Array.from(values.view)).toEqual(
      Array.from({ length: 5000 }, (_, k) => (k === 17 ? Number.NaN : -k)),
    );
  });
});

describe('GrowableTexts', () => {
  it('keeps every text without NUL as it grows, empty ones and byte order marks too', () => {
    const text = fc.string({ unit: 'grapheme' }).map((one) => one.toWellFormed().replaceAll('\0', ''));
    const examples: [string[]][] = [[[]], [['']], [['', '', '']], [['\ufeff1', '\u00a0', '😀', '']]];
    fc.assert(
      fc.property(fc.array(text, { maxLength: 300 }), (texts) => {
        const kept = new GrowableTexts();
        for (const one of texts) kept.push(one);
        expect([...kept]).toEqual(texts);
      }),
      { seed: 241, numRuns: 100, examples },
    );
    const long = ['é'.repeat(100_000), '', '€'.repeat(50_000), 'x'];
    const kept = new GrowableTexts();
    for (const one of long) kept.push(one);
    expect([...kept]).toEqual(long);
  });
});

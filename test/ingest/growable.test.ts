import { describe, expect, it } from 'vitest';
import { GrowableDoubles } from '../../src/ingest/growable.ts';

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

import { describe, expect, it } from 'vitest';
import { isName } from '../../src/ingest/name.ts';

describe('isName', () => {
  it('takes 1 to 200 characters that can be keys of an object', () => {
    for (const name of ['a', 'a'.repeat(200), 'constructor', 'prototype', ' ', '0'])
      expect(isName(name)).toBe(true);
    for (const name of ['', 'a'.repeat(201), '__proto__']) expect(isName(name)).toBe(false);
  });
});

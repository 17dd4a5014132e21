import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/store/model-store.ts';

describe('sha256Hex', () => {
  it('gives the digests of FIPS 180-2, appendix B, for texts and for bytes', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(sha256Hex('abc')).toBe(abc);
    expect(sha256Hex(Buffer.from('xabcx').subarray(1, 4))).toBe(abc);
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(sha256Hex(new Uint8Array())).toBe(empty);
  });
});

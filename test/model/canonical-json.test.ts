import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/model/canonical-json.ts';

/** Reads an object with its members in a random order. */
function shuffled(value: unknown, weigh: (key: string) => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, weigh));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [key, shuffled(member, weigh)] as const);
  return Object.fromEntries(members.sort(([a], [b]) => weigh(a) - weigh(b)));
}

describe('canonicalJson', () => {
  it('writes the example of RFC 8785, section 3.2.2', () => {
    const value = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`);
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it('sorts members by UTF-16 code units, as in the example of RFC 8785, section 3.2.3', () => {
    const value = JSON.parse(String.raw`{
      "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"
    }`);
    expect(Object.values(JSON.parse(canonicalJson(value).replace('"1"', '"_1"')))).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it.each([
    [0, '0'],
    [-0, '0'],
    [5e-324, '5e-324'],
    [-5e-324, '-5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [9007199254740992, '9007199254740992'],
    [295147905179352830000, '295147905179352830000'],
    [9.999999999999997e22, '9.999999999999997e+22'],
    [1e23, '1e+23'],
    [999999999999999700000, '999999999999999700000'],
    [1e21, '1e+21'],
    [0.000001, '0.000001'],
    [9.999999999999997e-7, '9.999999999999997e-7'],
    [333333333.3333332, '333333333.3333332'],
  ])('writes the number %d as in RFC 8785, appendix B', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('sorts at every depth, keeps arrays in order, and writes no white space', () => {
    const value = { b: [{ d: 1, c: [] }, 'x y'], a: { z: {}, y: null }, 10: 1, 9: 2 };
    expect(canonicalJson(value)).toBe('{"10":1,"9":2,"a":{"y":null,"z":{}},"b":[{"c":[],"d":1},"x y"]}');
  });

  it('drops undefined members', () => {
    expect(canonicalJson({ b: undefined, a: { c: undefined }, d: 1 })).toBe('{"a":{},"d":1}');
  });

  it('is JSON of the same value, the same for any order of the members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.func(fc.double({ noNaN: true })), (value, weigh) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(shuffled(value, weigh))).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
      { seed: 301, numRuns: 300 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { DecimalReader } from '../../src/ingest/decimal.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';

const TEXTS = Number(process.env.SURETY_TEST_DECIMALS ?? 1_000_000);

const reader = new DecimalReader();
/** Between other bytes, which must not matter. */
const read = (text: string) => {
  const bytes = Buffer.from(`7${text}7`);
  return reader.read(bytes, 1, bytes.length - 1);
};

const random = new SeededRandom(91);
const digits = (count: number) => Array.from({ length: count }, () => random.below(10)).join('');

/** Decimals of all lengths, doubles as their texts have them, and decimals at and near the middle of two doubles. */
function decimalText(): string {
  const sign = random.below(4) === 0 ? '-' : '';
  const kind = random.below(4);
  if (kind === 0) return `${sign}${digits(random.below(12))}.${digits(random.below(12))}`;
  if (kind === 1) return `${sign}${digits(random.below(20))}`;
  const value = random.uniform() * 10 ** (random.below(8) - 3);
  if (kind === 2) return `${sign}${value}`;
  const middle = 2 ** 53 + 2 * random.below(2 ** 30) + 1; // of two neighbouring doubles beyond 2^53
  const near = String(BigInt(middle - 1) + 1n);
  const at = random.below(near.length);
  return `${sign}${near.slice(0, at)}.${near.slice(at)}${digits(random.below(3))}`;
}

describe('DecimalReader', () => {
  it(`reads ${TEXTS} decimals as Number does, and knows which of them String gives back`, () => {
    let doubtful = 0;
    for (let k = 0; k < TEXTS; k++) {
      const text = decimalText();
      const value = read(text);
      if (Number.isNaN(value)) doubtful++;
      else if (!Object.is(value, Number(text)) || (reader.isShortest && String(value) !== text))
        throw new Error(`${text} was read as ${value}, shortest: ${reader.isShortest}`);
    }
    expect(doubtful).toBeLessThan(0.1 * TEXTS);
  });

  it.each([
    ...['0', '1', '10', '123456789', '-1', '-10', '0.5', '-0.25', '123.456', '0.000001', '123456789012345'],
  ])('knows that String gives back %s', (text) => {
    expect([read(text), reader.isShortest]).toEqual([Number(text), true]);
  });

  it.each(['00', '007', '-0', '0.0', '1.0', '1.50', '.5', '5.', '-.5', '01.5', '0.0000001', '-0.0', '00.5'])(
    'reads %s, and does not say that String gives it back',
    (text) => {
      expect(Object.is(read(text), Number(text))).toBe(true);
      expect(reader.isShortest).toBe(false);
    },
  );

  it('reads what is exactly the middle of two doubles, and next to it, as Number does or not at all', () => {
    for (const text of [
      '9007199254740993',
      '900719925474099.3',
      '9007199254740992.5',
      '9007199254740993.01',
    ]) {
      const value = read(text);
      if (!Number.isNaN(value)) expect(value).toBe(Number(text));
    }
    expect(read('0.49803921580314636')).toBe(0.49803921580314636);
  });

  it.each([
    '',
    '-',
    '.',
    '-.',
    '+1',
    '1e3',
    ' 1',
    '1 ',
    '1,5',
    '1.2.3',
    '--1',
    '1-',
    '1_0',
    'x',
    '1234567890123456789',
    '٣',
    'NaN',
  ])('leaves %j to others', (text) => {
    expect(read(text)).toBeNaN();
  });
});

import { parseFloat16 } from 'hyparquet/src/convert.js';
import { SuretyError } from '../../errors.ts';
import { invalidParquet } from './byte-reader.ts';
import type { Spend } from './decompress.ts';
import type { ParquetColumn } from './footer.ts';

type Cell = string | number | boolean;

/** Turns a stored value into a cell as JSON would have it. `row` is for messages. */
export type CellReader = (stored: unknown, row: number) => Cell;

/** A decimal of 256 bits, the longest that writers make. */
const MAX_DECIMAL_BYTES = 32;

/**
 * Finds how the values of a column become cells; throws wrong_type for a type that has no counterpart in JSON.
 *
 * In a column that is `ignored`, dates and times are kept as the integers that the file stores, and numbers
 * that a cell of numbers could not hold as their text. `spendText` is told of the bytes of every text.
 */
export function cellReader(column: ParquetColumn, ignored: boolean, spendText: Spend): CellReader {
  const { physical, annotation, repetition, scale } = column;
  const fixed = physical === 'FIXED_LEN_BYTE_ARRAY';
  const integer = /^INT\d+$/.test(physical);
  if (repetition !== 'repeated') {
    if (physical === 'BOOLEAN') return (stored) => Boolean(stored);
    if (annotation === 'DECIMAL' && ((physical !== 'INT96' && integer) || physical.endsWith('BYTE_ARRAY'))) {
      if (!(scale >= 0 && scale <= 1000))
        throw invalidParquet(`column '${column.name}': its scale cannot be`);
      return (stored) => decimal(stored, scale);
    }
    const plain = annotation === undefined || annotation === 'INTEGER' || annotation === 'NULL';
    if (integer && (ignored || (plain && physical !== 'INT96'))) return integerReader(column, ignored);
    if (physical === 'FLOAT' || physical === 'DOUBLE')
      return floatReader((stored) => stored as number, ignored);
    if (fixed && annotation === 'FLOAT16' && column.typeLength === 2) {
      return floatReader((stored) => parseFloat16(stored as Uint8Array)!, ignored);
    }
    if (physical === 'BYTE_ARRAY' && ['STRING', 'ENUM', 'JSON'].includes(annotation ?? ''))
      return textReader(column, spendText);
  }
  const type =
    repetition === 'repeated' ? 'a repeated' : annotation === undefined ? 'the' : `the ${annotation}`;
  throw new SuretyError(
    'wrong_type',
    `column '${column.name}' has ${type} Parquet type ${physical}; convert it to a number, a boolean or a string, or leave it out of the file`,
  );
}

function integerReader({ name, physical, signed }: ParquetColumn, ignored: boolean): CellReader {
  if (physical === 'INT32')
    return signed ? (stored) => stored as number : (stored) => (stored as number) >>> 0;
  return (stored, row) => {
    const exact = signed ? (stored as bigint) : BigInt.asUintN(64, stored as bigint);
    const value = Number(exact);
    if (Number.isSafeInteger(value) || BigInt(value) === exact) return value;
    if (ignored) return String(exact);
    throw new SuretyError(
      'wrong_type',
      `row ${row}, column '${name}': expected an integer that double precision holds exactly, got a larger one; is it an identifier, for ignore?`,
    );
  };
}

/** Numbers that are not finite are refused later, with row and column, unless the column is ignored. */
function floatReader(numberOf: (stored: unknown) => number, ignored: boolean): CellReader {
  if (!ignored) return numberOf;
  return (stored) => {
    const value = numberOf(stored);
    return Number.isFinite(value) ? value : String(value);
  };
}

/** The double nearest to the decimal, as from its digits in a CSV file. */
function decimal(stored: unknown, scale: number): number {
  const unscaled = stored instanceof Uint8Array ? bigEndian(stored) : BigInt(stored as number | bigint);
  return Number(`${unscaled}e-${scale}`);
}

function bigEndian(bytes: Uint8Array): bigint {
  if (!(bytes.length <= MAX_DECIMAL_BYTES))
    throw invalidParquet(`a decimal has more than ${MAX_DECIMAL_BYTES} bytes`);
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x0${Buffer.from(bytes).toString('hex')}`));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textReader({ name }: ParquetColumn, spendText: Spend): CellReader {
  return (stored, row) => {
    const bytes = stored as Uint8Array;
    spendText(bytes.length);
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      const problem = `row ${row}, column '${name}': expected UTF-8 text, got other bytes`;
      throw new SuretyError('invalid_encoding', problem, { cause });
    }
  };
}

import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SuretyError } from '../../src/errors.ts';
import { describeError } from '../../src/process/describe-error.ts';

/** Throws something that quotes it, in a frame of this file. */
function caught(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('it did not throw');
}

const VALUE = 'zanzibar';

describe('describeError', () => {
  it.each([
    ['a line that is not JSON', () => JSON.parse(`{"purpose": ${VALUE}}`), 'SyntaxError'],
    ['a member of nothing', () => (undefined as unknown as Record<string, number>)[VALUE], 'TypeError'],
    ['an argument of the wrong type', () => Buffer.alloc(VALUE as unknown as number), 'TypeError'],
    ['a schema', () => z.strictObject({}).parse({ [VALUE]: 1 }), 'ZodError'],
    [
      'a message with frames of its own',
      () => {
        throw new RangeError(`x\n    at ${VALUE}`);
      },
      'RangeError',
    ],
  ])('leaves out the message of %s, and keeps the frames', (_what, act, type) => {
    const error = caught(act);
    expect(String(error)).toContain(VALUE);
    const described = describeError(error);
    expect(described).toMatchObject({ type, message: '' });
    expect(described.stack).toMatch(/^\w+\n {4}at .*\n/);
    expect(JSON.stringify(described)).not.toContain(VALUE);
  });

  it('leaves out what hangs on an error, and values that are no errors', () => {
    const error = Object.assign(new Error('cannot read'), { record: [VALUE], code: 'E1', detail: VALUE });
    expect(describeError(error)).toEqual({
      type: 'Error',
      message: 'cannot read',
      code: 'E1',
      stack: expect.stringMatching(/^Error: cannot read\n {4}at /),
    });
    expect(
      JSON.stringify([describeError(error), describeError(VALUE), describeError({ message: VALUE })]),
    ).not.toContain(VALUE);
  });

  it('keeps what the service, the system and the database say, with their causes', () => {
    const locked = caught(() => new Database(':memory:').exec('SELECT * FROM nowhere'));
    const described = describeError(new SuretyError('store_failed', 'not stored', { cause: locked }));
    expect(described).toMatchObject({ type: 'SuretyError', message: 'not stored', code: 'store_failed' });
    expect(described.stack).toContain('caused by: SqliteError: no such table: nowhere\n    at ');
    const refused = new AggregateError([
      Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    ]);
    expect(describeError(refused).stack).toContain('caused by: Error: connect ECONNREFUSED');
  });

  it('comes to an end where causes go round', () => {
    const error = new Error('round');
    error.cause = error;
    expect(describeError(error).stack.match(/caused by/g)).toHaveLength(5);
  });
});

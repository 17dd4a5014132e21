import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../src/config.ts';

describe('readConfig', () => {
  it.each([
    [{ PORT: 'abc' }, 'PORT: expected a port number'],
    [{ PORT: '70000' }, 'PORT: expected a port number'],
    [{ SURETY_MAX_ROWS: '0' }, 'SURETY_MAX_ROWS: expected at least 1'],
    [{ SURETY_MAX_ROWS: '1.5' }, 'SURETY_MAX_ROWS: expected a whole number'],
    [{ SURETY_MAX_QUEUED: '0' }, 'SURETY_MAX_QUEUED: expected at least 1'],
    [
      { SURETY_DATABASE_URL: 'mysql://surety:geheim@db/surety' },
      'SURETY_DATABASE_URL: expected a URL that starts with postgres:// or postgresql://',
    ],
    [
      { SURETY_DATABASE_URL: 'host=db password=geheim' },
      'SURETY_DATABASE_URL: expected a URL that starts with postgres:// or postgresql://',
    ],
    [{ SURETY_WORKERS: '257' }, 'SURETY_WORKERS: expected at most 256'],
    [{ SURETY_MAX_BYTES: '5' }, 'SURETY_MAX_BYTES: there is no such setting'],
  ])('%j stops the start', (env, message) => {
    expect(() => readConfig(env)).toThrow(new ConfigError(message));
  });

  it('leaves the variables of tests and benchmarks alone', () => {
    expect(readConfig({ SURETY_DATA: '/x', SURETY_TEST_REPORT: 'y' })).toEqual(readConfig({}));
  });

  it.each(['postgres://db/surety', 'postgresql://u:p@db:5433/surety?sslmode=verify-full'])(
    'takes %s for a database',
    (url) => {
      expect(readConfig({ SURETY_DATABASE_URL: url }).databaseUrl).toBe(url);
      expect(readConfig({}).databaseUrl).toBeNull();
    },
  );

  it('takes an empty variable as unset and freezes the result', () => {
    expect(readConfig({ PORT: '' }).port).toBe(3000);
    expect(Object.isFrozen(readConfig({}))).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../src/config.ts';

describe('readConfig', () => {
  it.each([
    [{ PORT: 'abc' }, 'PORT: expected a port number'],
    [{ PORT: '70000' }, 'PORT: expected a port number'],
    [{ SURETY_MAX_ROWS: '0' }, 'SURETY_MAX_ROWS: expected at least 1'],
    [{ SURETY_MAX_ROWS: '1.5' }, 'SURETY_MAX_ROWS: expected a whole number'],
    [{ SURETY_MAX_QUEUED: '0' }, 'SURETY_MAX_QUEUED: expected at least 1'],
    [{ SURETY_WORKERS: '257' }, 'SURETY_WORKERS: expected at most 256'],
    [{ SURETY_RATE_LIMIT: '-1' }, 'SURETY_RATE_LIMIT: expected a whole number'],
    [{ SURETY_REQUEST_TIMEOUT_MS: '0' }, 'SURETY_REQUEST_TIMEOUT_MS: expected at least 1'],
    [{ SURETY_REQUEST_TIMEOUT_MS: '3000000000' }, 'SURETY_REQUEST_TIMEOUT_MS: expected at most 2147483647'],
    ...['proxy', '10.0.0.0/33', '10.0.0.0/', '::1/129', '10.0.0.1,', '1.2.3.4/8/8'].map((text) => [
      { SURETY_TRUSTED_PROXIES: text },
      'SURETY_TRUSTED_PROXIES: expected addresses or networks such as 10.0.0.0/8, between commas',
    ]),
    ...['*', 'null', 'desk.example.com', 'https://a.example/', 'https://a.example,*', 'ftp://a.example'].map(
      (text) => [
        { SURETY_CORS_ORIGINS: text },
        'SURETY_CORS_ORIGINS: expected origins such as https://desk.example.com, between commas',
      ],
    ),
    [{ SURETY_TLS_CERT: 'a.pem' }, 'SURETY_TLS_CERT, SURETY_TLS_KEY: expected both or neither'],
    [{ SURETY_TLS_KEY: 'a.pem' }, 'SURETY_TLS_CERT, SURETY_TLS_KEY: expected both or neither'],
    [{ SURETY_MAX_BYTES: '5' }, 'SURETY_MAX_BYTES: there is no such setting'],
  ] as [Record<string, string>, string][])('%j stops the start', (env, message) => {
    expect(() => readConfig(env)).toThrow(new ConfigError(message));
  });

  it('leaves the variables of tests and benchmarks alone', () => {
    expect(readConfig({ SURETY_DATA: '/x', SURETY_TEST_REPORT: 'y' })).toEqual(readConfig({}));
  });

  it('reads lists, and pairs', () => {
    const config = readConfig({
      SURETY_TRUSTED_PROXIES: '10.0.0.0/8, ::1,192.0.2.7',
      SURETY_CORS_ORIGINS: 'https://desk.example.com,http://localhost:8080',
      SURETY_TLS_CERT: 'a.pem',
      SURETY_TLS_KEY: 'b.pem',
    });
    expect(config.trustedProxies).toEqual(['10.0.0.0/8', '::1', '192.0.2.7']);
    expect(config.corsOrigins).toEqual(['https://desk.example.com', 'http://localhost:8080']);
    expect(config.tls).toEqual({ cert: 'a.pem', key: 'b.pem' });
  });

  it('takes an empty variable as unset and freezes the result', () => {
    expect(readConfig({ PORT: '' }).port).toBe(3000);
    expect(Object.isFrozen(readConfig({}))).toBe(true);
  });
});

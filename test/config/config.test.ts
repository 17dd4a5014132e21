import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/config/config.ts';

const TOKENS = {
  SURETY_JWKS_URL: 'https://issuer.example/jwks',
  SURETY_JWT_ISSUER: 'https://issuer.example',
  SURETY_JWT_AUDIENCE: 'surety',
};
const TOGETHER = `missing; ${Object.keys(TOKENS).join(', ')} go together`;

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
    [
      { SURETY_AUTH: 'off', HOST: '10.0.0.1' },
      'SURETY_AUTH: off needs a loopback address in HOST; else say off-on-any-address',
    ],
    [
      { ...TOKENS, SURETY_JWKS_URL: 'http://a.example/x' },
      'SURETY_JWKS_URL: expected https, or http and a loopback address',
    ],
    [
      { ...TOKENS, SURETY_JWKS_URL: 'a.example/x' },
      'SURETY_JWKS_URL: expected https, or http and a loopback address',
    ],
    [{ ...TOKENS, SURETY_JWKS_URL: '' }, `SURETY_JWKS_URL: ${TOGETHER}`],
    [{ ...TOKENS, SURETY_JWT_ISSUER: '' }, `SURETY_JWT_ISSUER: ${TOGETHER}`],
    [{ ...TOKENS, SURETY_JWT_AUDIENCE: '' }, `SURETY_JWT_AUDIENCE: ${TOGETHER}`],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
      'OTEL_EXPORTER_OTLP_ENDPOINT: expected an http or https URL',
    ],
    [{ OTEL_TRACES_SAMPLER_ARG: '1.5' }, 'OTEL_TRACES_SAMPLER_ARG: expected a number from 0 to 1'],
    [
      { OTEL_EXPORTER_OTLP_HEADERS: 'a=b,=c' },
      'OTEL_EXPORTER_OTLP_HEADERS: expected name=value,name=value, percent-encoded',
    ],
    [
      { OTEL_RESOURCE_ATTRIBUTES: 'a=%zz' },
      'OTEL_RESOURCE_ATTRIBUTES: expected name=value,name=value, percent-encoded',
    ],
    [{ SURETY_RATE_LIMIT: '-1' }, 'SURETY_RATE_LIMIT: expected a whole number'],
    [{ SURETY_REQUEST_TIMEOUT_MS: '0' }, 'SURETY_REQUEST_TIMEOUT_MS: expected at least 1'],
    [
      { SURETY_REQUEST_TIMEOUT_MS: '86400001' },
      'SURETY_REQUEST_TIMEOUT_MS: expected at most 86400000, a day',
    ],
    [{ SURETY_DRAIN_DELAY_MS: '3000000000' }, 'SURETY_DRAIN_DELAY_MS: expected at most 86400000, a day'],
    [
      { SURETY_SHUTDOWN_GRACE_MS: '3000000000' },
      'SURETY_SHUTDOWN_GRACE_MS: expected at most 86400000, a day',
    ],
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
    [{ SURETY_TLS_CERT: 'a.pem' }, 'SURETY_TLS_KEY: missing; SURETY_TLS_CERT, SURETY_TLS_KEY go together'],
    [{ SURETY_TLS_KEY: 'a.pem' }, 'SURETY_TLS_CERT: missing; SURETY_TLS_CERT, SURETY_TLS_KEY go together'],
    [{ SURETY_MAX_BYTES: '5' }, 'SURETY_MAX_BYTES: there is no such setting'],
  ] as [Record<string, string>, string][])('%j stops the start', (env, message) => {
    expect(() => readConfig(env)).toThrow(new ConfigError(message));
  });

  it.each([
    [{}, true],
    [{ HOST: '0.0.0.0' }, true],
    [{ SURETY_AUTH: 'off' }, false],
    [{ SURETY_AUTH: 'off', HOST: '127.8.8.8' }, false],
    [{ SURETY_AUTH: 'off', HOST: '::1' }, false],
    [{ SURETY_AUTH: 'off', HOST: 'localhost' }, false],
    [{ SURETY_AUTH: 'off-on-any-address', HOST: '::' }, false],
  ])('%j: access control is on: %s', (env, on) => {
    expect(readConfig(env).auth).toBe(on);
    expect(readConfig(env).loopbackOnly).toBe(Object.values(env).includes('off'));
  });

  it('takes tokens where it is told of their issuer', () => {
    expect(readConfig({}).tokens).toBeNull();
    for (const url of [TOKENS.SURETY_JWKS_URL, 'http://127.0.0.1:8080/jwks', 'http://[::1]/jwks']) {
      expect(readConfig({ ...TOKENS, SURETY_JWKS_URL: url }).tokens).toEqual({
        ...{ jwksUrl: url, issuer: TOKENS.SURETY_JWT_ISSUER, audience: 'surety', scopeClaim: 'scope' },
      });
    }
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
  it('takes the address of the collector, whole or without its path, and what is sent along', () => {
    const { traces } = readConfig({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20abc=, x-a=1',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=here',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
    });
    expect(traces).toEqual({
      url: 'http://collector:4318/v1/traces',
      headers: { authorization: 'Basic abc=', 'x-a': '1' },
      serviceName: 'surety',
      resource: { 'deployment.environment.name': 'here' },
      sampler: { name: 'parentbased_traceidratio', ratio: 0.25 },
    });
    const whole = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:1',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://b/spans',
    };
    expect(readConfig(whole).traces!.url).toBe('https://b/spans');
    expect(readConfig({ OTEL_SERVICE_NAME: 'a' }).traces).toBeNull();
    const named = { ...whole, OTEL_RESOURCE_ATTRIBUTES: 'service.name=b' };
    expect(readConfig(named).traces!.serviceName).toBe('b');
    expect(readConfig({ ...named, OTEL_SERVICE_NAME: 'a' }).traces!.serviceName).toBe('a');
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

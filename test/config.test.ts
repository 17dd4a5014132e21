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
    [{ SURETY_MAX_BYTES: '5' }, 'SURETY_MAX_BYTES: there is no such setting'],
  ])('%j stops the start', (env, message) => {
    expect(() => readConfig(env)).toThrow(new ConfigError(message));
  });

  it('leaves the variables of tests and benchmarks alone', () => {
    expect(readConfig({ SURETY_DATA: '/x', SURETY_TEST_REPORT: 'y' })).toEqual(readConfig({}));
  });

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
  });

  it('takes an empty variable as unset and freezes the result', () => {
    expect(readConfig({ PORT: '' }).port).toBe(3000);
    expect(Object.isFrozen(readConfig({}))).toBe(true);
  });
});

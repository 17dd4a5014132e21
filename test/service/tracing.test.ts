import { describe, expect, it } from 'vitest';
import { startCollector } from '../support/process/collector.ts';
import { call, startServer } from '../support/process/process.ts';
import { temporaryFolder } from '../support/process/service.ts';

/** Preloaded: tells of each module of OpenTelemetry that is asked for. */
const TELLING = `import { registerHooks } from 'node:module';
registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('@opentelemetry/')) process.stderr.write('asked for ' + specifier + '\\n');
    return next(specifier, context);
  },
});`;
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(TELLING)}`;

describe('the SDK of OpenTelemetry', () => {
  it('is not loaded where no collector is named', async () => {
    const server = await startServer(temporaryFolder(), { NODE_OPTIONS });
    expect((await call(server.url, 'GET', '/livez')).status).toBe(200);
    // prom-client asks for the API, which does nothing by itself
    expect(server.stderr().replaceAll('asked for @opentelemetry/api\n', '')).toBe('');
  });

  it('is where one is; the last spans are sent before the process ends', async () => {
    const collector = await startCollector();
    const env = { NODE_OPTIONS, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const server = await startServer(temporaryFolder(), env);
    expect((await call(server.url, 'GET', '/livez')).status).toBe(200);
    server.child.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.stderr()).toContain('asked for @opentelemetry/sdk-trace');
    expect(collector.spans().map(({ name }) => name)).toContain('GET /livez');
  });
});

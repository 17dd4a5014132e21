import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { application } from '../support/models/loans.ts';
import { startCollector } from '../support/process/collector.ts';
import { type LogLine, postJson } from '../support/process/process.ts';
import { register } from '../support/process/provocations.ts';
import { startService } from '../support/process/service.ts';

it('a request that the end of the service cuts off has its span, and its line in the log', async () => {
  const collector = await startCollector();
  const lines: LogLine[] = [];
  const log = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const service = await startService({ config: { traces: collector.config }, log });
  await register({})(service).expect(201);
  const long = { method: 'monte-carlo', monteCarlo: { samples: 1_000_000 }, instances: [application(0)] };
  const cut = expect(postJson(service.url, '/certify', { model: 'loans', ...long })).rejects.toThrow();
  await sleep(200);
  const stopped = service.stop();
  await sleep(50);
  service.app.server.closeAllConnections();
  await Promise.all([cut, stopped]);
  const spans = collector.spans().filter(({ name }) => name === 'POST /certify');
  expect(spans.map(({ error, attributes }) => [error, attributes['error.type']])).toEqual([
    [true, 'aborted'],
  ]);
  expect(lines.filter(({ msg }) => msg === 'request aborted')).toHaveLength(1);
});

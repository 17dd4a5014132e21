// Writes openapi.yaml from the schemas; with --check, fails when the committed file differs. Fails where the document does not
// keep to OpenAPI 3.1, every reference resolved, or to what Redocly recommends (docs/decisions/0019).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { pino } from 'pino';
import { buildApp } from '../src/app.ts';
import { readConfig } from '../src/config/config.ts';
import { openSqlite } from '../src/store/sqlite/open-sqlite.ts';

const file = new URL('../openapi.yaml', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'surety-openapi-'));
const app = await buildApp(readConfig({}), openSqlite(folder), pino({ level: 'silent' }));
await app.ready();
const generated = app.swagger({ yaml: true });
await app.close();
rmSync(folder, { recursive: true });

const rules = { 'operation-4xx-problem-details-rfc7807': 'error', 'operation-tag-defined': 'error' } as const;
const config = await createConfig({ extends: ['spec', 'recommended'], rules });
for (const { ruleId, message, location } of await lintFromString({ source: generated, config })) {
  process.stderr.write(`openapi.yaml: ${ruleId}: ${message} (${location[0]?.pointer})\n`);
  process.exitCode = 1;
}
if (!process.argv.includes('--check')) writeFileSync(file, generated);
else if (readFileSync(file, 'utf8') !== generated) {
  process.stderr.write('openapi.yaml differs from the schemas: run `npm run openapi` and commit it\n');
  process.exitCode = 1;
}

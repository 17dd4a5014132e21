// Writes openapi.yaml from the schemas; with --check, fails when the committed file differs.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

if (!process.argv.includes('--check')) writeFileSync(file, generated);
else if (readFileSync(file, 'utf8') !== generated) {
  process.stderr.write('openapi.yaml differs from the schemas: run `npm run openapi` and commit it\n');
  process.exitCode = 1;
}
